import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, messageOf } from "@drydock/kit";
import { applyLimits, createCgroup, limitSettings, readStat } from "@drydock/linux";
import { leafCgroup } from "../compile/compile.ts";
import { stepFailed } from "../compile/explain-failure.ts";
import { invalid } from "../config/check.ts";
import { failure } from "../errors.ts";
import { observe } from "../state/observe.ts";
import { type ContainerRecord, writeRecord } from "../state/record.ts";
import { shimEnded } from "../state/shim-files.ts";
import type { ContainerState, RuntimeConfig, StartRequest } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";
import { removeContainer } from "./delete.ts";
import { cgroupOf, compilePrepared, prepare } from "./prepare.ts";

/** Starts a container; see Runtime.run. */
export async function run(context: RuntimeContext, request: StartRequest): Promise<ContainerState> {
  const prepared = prepare(request);
  const directory = containerDirectory(context, request.id);
  claim(request.id, context.stateDir, directory);
  const record: ContainerRecord = {
    id: request.id,
    created: new Date().toISOString(),
    annotations: prepared.config.annotations ?? {},
    notEnforced: prepared.notEnforced,
  };
  try {
    makeCgroup(context, request, prepared.config, record);
    writeRecord(directory, record);
    const program = compilePrepared(prepared, directory, record.cgroup);
    const inherit = prepared.streams === "inherit" ? { stdin: 0, stdout: 1, stderr: 2 } : {};
    const report = await context.executor.launch(program, { inherit, title: `drydock-shim ${request.id}` });
    if (report.failure) throw stepFailed(request.id, report, report.failure, prepared.config.process);
    record.started = new Date().toISOString();
    const pid = report.messages[0];
    const stat = pid === undefined ? undefined : readStat(pid);
    if (stat) {
      record.pid = stat.pid;
      record.pidStartTime = stat.startTime;
    }
    writeRecord(directory, record);
    context.logger.debug({ id: request.id, pid, executor: context.executor.name }, "container started");
    return observe(request.id, directory).state;
  } catch (error) {
    await cleanUp(context, request.id, directory, record);
    throw error;
  }
}

/** The directory is the container's name: making it is what decides between two starts of the same id. */
function claim(id: string, stateDir: string, directory: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    throw failure("RUNTIME_EXISTS", `container ${id} exists already`, {
      details: { id },
      hint: "choose another id, or delete that container first",
    });
  }
  for (const place of ["root", "empty"]) mkdirSync(join(directory, place));
}

function makeCgroup(
  context: RuntimeContext,
  request: StartRequest,
  config: RuntimeConfig,
  record: ContainerRecord,
): void {
  const limits = config.linux?.resources ?? {};
  if (context.cgroupRoot === undefined) {
    const lost = limitSettings(limits).map(({ what }) => `${what} is not in force: no cgroup v2 hierarchy is mounted`);
    record.notEnforced.push(...lost);
    return;
  }
  const cgroup = cgroupOf(context.cgroupRoot, request.id, config);
  if (cgroup === context.cgroupRoot) throw invalid("linux.cgroupsPath", "is the root of the hierarchy");
  record.cgroup = cgroup;
  record.cgroupRoot = context.cgroupRoot;
  createCgroup(context.cgroupRoot, cgroup);
  record.notEnforced.push(...applyLimits(cgroup, limits));
  // Plainly: with controllers passed on to the leaf, no process could be born in the cgroup above it.
  if (request.pid1 === "reaper") mkdirSync(join(cgroup, leafCgroup));
}

/** Removes what a failed start has left; a failure to do so does not replace the reason of the failed start. */
async function cleanUp(context: RuntimeContext, id: string, directory: string, record: ContainerRecord): Promise<void> {
  try {
    await shimEnded(directory);
    await removeContainer(directory, record);
  } catch (error) {
    context.logger.error({ id, directory, error: messageOf(error) }, "a failed start could not be cleaned up");
  }
}
