import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { errnoOf, messageOf } from "@drydock/kit";
import {
  cachedFilter,
  createCgroup,
  enforceLimits,
  type LaunchReport,
  limitSettings,
  neededControllers,
} from "@drydock/linux";
import { leafCgroup } from "../compile/compile.ts";
import type { Gate } from "../compile/compile-input.ts";
import { stepFailed } from "../compile/explain-failure.ts";
import type { InstalledFilter } from "../compile/seccomp.ts";
import { invalid } from "../config/check.ts";
import { failure } from "../errors.ts";
import { keptFilter } from "../state/kept-filters.ts";
import { type ContainerRecord, cgroupOfRecord, writeFirstRecord } from "../state/record.ts";
import { writeFilter } from "../state/seccomp-file.ts";
import type { CreateRequest, StartRequest } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";
import { discard } from "./delete.ts";
import { inheritedDescriptors } from "./inherited.ts";
import { cgroupOf, compilePrepared, limitsOf, type Prepared, placeIn, prepare } from "./prepare.ts";

/** A container whose process is at its first gate, or runs when there is none. */
export interface Launched {
  id: string;
  directory: string;
  record: ContainerRecord;
  prepared: Prepared;
  report: LaunchReport;
}

/** Claims the id, makes the cgroup, writes down the record and runs the program. Nothing is left when it throws. */
export async function launchContainer(
  context: RuntimeContext,
  request: CreateRequest,
  gates: readonly Gate[] = [],
): Promise<Launched> {
  const prepared = prepare(request, context.hierarchies);
  const directory = containerDirectory(context, request.id);
  claim(request.id, context.stateDir, directory);
  const record = recordOf(request, prepared);
  try {
    placeCgroup(context, prepared, record);
    // Before anything is made outside of the directory: whoever finds the record can remove all of it.
    writeFirstRecord(directory, record);
    makeCgroup(context, request, prepared, record);
    const seccomp = filterOf(context, prepared);
    if (seccomp) writeFilter(directory, seccomp);
    const input = { ...prepared, gates, ...(seccomp ? { seccomp } : {}) };
    const program = compilePrepared(input, directory, cgroupOfRecord(record));
    const inherit = inheritedDescriptors(request);
    const report = await context.executor.launch(program, { inherit, title: `drydock-shim ${request.id}` });
    if (report.failure) throw stepFailed(request.id, report, report.failure, prepared.config.process);
    return { id: request.id, directory, record, prepared, report };
  } catch (error) {
    await cleanUp(context, directory, record);
    throw error;
  }
}

/** Removes what a failed start has left; a failure to do so does not replace the reason of the failed start. */
export async function cleanUp(context: RuntimeContext, directory: string, record: ContainerRecord): Promise<void> {
  try {
    await discard(context, directory, record);
  } catch (error) {
    const { id } = record;
    context.logger.error({ id, directory, error: messageOf(error) }, "a failed start could not be cleaned up");
  }
}

function recordOf(request: CreateRequest, { config, notEnforced }: Prepared): ContainerRecord {
  return {
    id: request.id,
    ociVersion: config.ociVersion,
    created: new Date().toISOString(),
    annotations: config.annotations ?? {},
    notEnforced,
    rootfs: config.root.path,
    ...(request.bundle === undefined ? {} : { bundle: request.bundle }),
    ...(request.keepKeyring ? { keepKeyring: true } : {}),
    ...(config.hooks === undefined ? {} : { hooks: config.hooks }),
  };
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

function filterOf(context: RuntimeContext, { config, arch }: Prepared): InstalledFilter | undefined {
  const profile = config.linux?.seccomp;
  if (!profile) return undefined;
  return context.forCommand ? keptFilter(context.stateDir, profile, arch) : cachedFilter(profile, { arch });
}

/** Where the container's cgroup will be, in its record. */
function placeCgroup(context: RuntimeContext, prepared: Prepared, record: ContainerRecord): void {
  if (context.cgroupRoot === undefined) return;
  const cgroup = cgroupOf(context.cgroupRoot, record.id, prepared.config);
  if (cgroup === context.cgroupRoot) throw invalid("linux.cgroupsPath", "is the root of the hierarchy");
  record.cgroup = cgroup;
  record.cgroupRoot = context.cgroupRoot;
  record.legacyCgroups = placeIn(context.hierarchies, cgroup, prepared).legacy ?? {};
}

function makeCgroup(context: RuntimeContext, request: StartRequest, prepared: Prepared, record: ContainerRecord): void {
  const limits = limitsOf(prepared);
  const { cgroup, cgroupRoot } = record;
  if (cgroup === undefined || cgroupRoot === undefined) {
    const reason =
      process.geteuid?.() === 0
        ? "no cgroup v2 hierarchy is mounted"
        : "cgroups are root's, and an ordinary user has none to put limits on";
    // The rules that every container has about devices are no wish of the configuration's.
    const { legacyDevices: _rules, ...others } = limits;
    const lost = limitSettings(others).map(({ what }) => `${what} is not in force: ${reason}`);
    record.notEnforced.push(...lost);
    const denies = prepared.config.linux?.resources?.devices?.some(({ allow }) => !allow);
    if (denies && prepared.facts.deviceFilter) {
      record.notEnforced.push(`linux.resources.devices: no device is denied: ${reason}`);
    }
    return;
  }
  createCgroup(cgroupRoot, cgroup, neededControllers(limits));
  const { hierarchies } = context;
  const path = relative(hierarchies.unified ?? "/", cgroup);
  const enforced = enforceLimits({ hierarchies, path, cgroup: { unified: cgroup } }, limits);
  record.legacyCgroups = enforced.cgroup.legacy ?? {};
  record.notEnforced.push(...enforced.notEnforced);
  // Plainly: with controllers passed on to the leaf, no process could be born in the cgroup above it.
  if (request.pid1 === "reaper") mkdirSync(join(cgroup, leafCgroup));
}
