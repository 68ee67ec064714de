import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, messageOf } from "@drydock/kit";
import { type Architecture, applyLimits, createCgroup, limitSettings, readStat } from "@drydock/linux";
import { compile, leafCgroup } from "../compile/compile.ts";
import type { CompileInput } from "../compile/compile-input.ts";
import { stepFailed } from "../compile/explain-failure.ts";
import { gatherFacts, streamSources, withoutImpossible } from "../compile/facts.ts";
import { invalid } from "../config/check.ts";
import { validateConfig } from "../config/validate-config.ts";
import { failure } from "../errors.ts";
import { observe } from "../state/observe.ts";
import { type ContainerRecord, writeRecord } from "../state/record.ts";
import { shimEnded } from "../state/shim-files.ts";
import type { ContainerState, RootSource, RuntimeConfig, StartRequest } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";
import { removeContainer } from "./delete.ts";

/** Starts a container; see Runtime.run. */
export async function run(context: RuntimeContext, request: StartRequest): Promise<ContainerState> {
  const asked = validateConfig(request.config);
  if (asked.process.terminal) {
    throw invalid("process.terminal", "a first process with a terminal is not supported", "use exec with a terminal");
  }
  const directory = containerDirectory(context, request.id);
  const root = rootOf(request, asked);
  const facts = gatherFacts(asked);
  const { config, notEnforced } = withoutImpossible(asked, facts);
  claim(request.id, context.stateDir, directory);
  const record: ContainerRecord = {
    id: request.id,
    created: new Date().toISOString(),
    annotations: config.annotations ?? {},
    notEnforced,
  };
  try {
    makeCgroup(context, request, config, record);
    writeRecord(directory, record);
    const input: CompileInput = {
      id: request.id,
      config,
      root,
      directory,
      ...(record.cgroup === undefined ? {} : { cgroup: record.cgroup }),
      streams: streamSources(request.stdio),
      firstProcess: request.pid1 === "reaper" ? "reaper" : "args",
      facts,
      arch: process.arch as Architecture,
    };
    const report = await context.executor.launch(compile(input), { title: `drydock-shim ${request.id}` });
    if (report.failure) throw stepFailed(request.id, report, report.failure, config.process);
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

function rootOf(request: StartRequest, config: RuntimeConfig): RootSource {
  const root: RootSource = request.root ?? { type: "directory", path: config.root.path };
  const paths =
    root.type === "directory"
      ? [root.path]
      : root.type === "overlay"
        ? [...root.lower, root.upper, root.work]
        : root.lower;
  if (root.type !== "directory" && root.lower.length === 0)
    throw invalid("root.lower", "is empty", "an overlay needs a layer");
  for (const path of paths) {
    if (!path.startsWith("/")) throw invalid("root.path", `${path} is not an absolute path`);
  }
  return root;
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
  mkdirSync(join(directory, "root"));
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
  const cgroup = join(context.cgroupRoot, config.linux?.cgroupsPath ?? `drydock/${request.id}`);
  if (cgroup === context.cgroupRoot) throw invalid("linux.cgroupsPath", "is the root of the hierarchy");
  record.cgroup = cgroup;
  record.cgroupRoot = context.cgroupRoot;
  createCgroup(context.cgroupRoot, cgroup);
  record.notEnforced.push(...applyLimits(cgroup, limits));
  if (request.pid1 === "reaper") createCgroup(cgroup, join(cgroup, leafCgroup));
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
