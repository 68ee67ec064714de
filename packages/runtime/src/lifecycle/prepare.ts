import { join, relative } from "node:path";
import {
  type Architecture,
  allowsEverything,
  type CgroupHierarchies,
  type CgroupLimits,
  type ContainerCgroup,
  findHierarchies,
  legacyDirectories,
  type SyscallProgram,
} from "@drydock/linux";
import { compile } from "../compile/compile.ts";
import type { CompileInput } from "../compile/compile-input.ts";
import { deviceRules } from "../compile/device-policy.ts";
import { gatherFacts, streamSources, withoutImpossible } from "../compile/facts.ts";
import { invalid } from "../config/check.ts";
import { checkLimits } from "../config/check-limits.ts";
import { hasMountNamespace } from "../config/mount-namespace.ts";
import { hasUserNamespace } from "../config/user-namespace.ts";
import { validateConfig } from "../config/validate-config.ts";
import type { CreateRequest, RootSource, RuntimeConfig, StartRequest } from "../types.ts";

/** A request that was found to be sound, with what the host says about it. */
export type Prepared = Omit<CompileInput, "directory" | "cgroup" | "legacyCgroups" | "config"> & {
  config: RuntimeConfig;
  notEnforced: string[];
};

/** Checks a request and looks at the host for it; changes nothing. Throws RUNTIME_INVALID_CONFIG. */
export function prepare(request: CreateRequest, hierarchies: CgroupHierarchies): Prepared {
  const streams = streamSources(request.stdio);
  const asked = withConsole(validateConfig(request.config), streams);
  checkLimits(asked, hierarchies);
  const facts = gatherFacts(asked, hierarchies);
  return {
    id: request.id,
    ...withoutImpossible(asked, facts),
    root: rootOf(request, asked),
    streams,
    firstProcess: request.pid1 === "reaper" ? "reaper" : "args",
    facts,
    ...(request.parent === undefined ? {} : { parent: request.parent }),
    ...(request.preserveFds === undefined ? {} : { preserved: request.preserveFds }),
    ...(request.keepKeyring === undefined ? {} : { keepKeyring: request.keepKeyring }),
    arch: process.arch as Architecture,
  };
}

export function compilePrepared(prepared: Prepared, directory: string, cgroup: ContainerCgroup): SyscallProgram {
  const { unified, legacy } = cgroup;
  return compile({
    ...prepared,
    directory,
    ...(unified === undefined ? {} : { cgroup: unified }),
    legacyCgroups: Object.values(legacy ?? {}),
  });
}

/**
 * The program that `run` would run, to be printed with printPlan; nothing is started. `stateDir` and `cgroup` only
 * appear in paths.
 */
export function planContainer(request: StartRequest, places: { stateDir: string; cgroup?: string }): SyscallProgram {
  const hierarchies = findHierarchies();
  const prepared = prepare(request, hierarchies);
  const cgroup = places.cgroup === undefined ? {} : placeIn(hierarchies, places.cgroup, prepared);
  return compilePrepared(prepared, `${places.stateDir}/${request.id}`, cgroup);
}

/** The directories of a container's cgroup, made or not: those of cgroup v1 at the same path as that of cgroup v2. */
export function placeIn(hierarchies: CgroupHierarchies, unified: string, prepared: Prepared): ContainerCgroup {
  const path = relative(hierarchies.unified ?? "/", unified);
  return { unified, legacy: legacyDirectories(limitsOf(prepared), hierarchies, path) };
}

/** linux.resources as cgroupfs takes it: rules about devices only where no eBPF program can take care of them. */
export function limitsOf({ config, facts }: Prepared): CgroupLimits {
  const { devices, ...limits } = config.linux?.resources ?? {};
  const rules = deviceRules(config);
  if (facts.deviceFilter !== "legacy" || allowsEverything(rules)) return limits;
  return { ...limits, legacyDevices: [{ allow: false }, ...rules] };
}

/**
 * process.terminal: the terminal is the caller's to make; what is given as stdin becomes the controlling terminal, and is
 * /dev/console too (runtime-spec, config-linux.md, Default Devices).
 */
function withConsole(config: RuntimeConfig, streams: CompileInput["streams"]): RuntimeConfig {
  if (!config.process.terminal) {
    if (streams === "console")
      throw invalid("process.terminal", "a socket for a terminal was given, and none is asked for");
    return config;
  }
  if (streams === "console") return config;
  if (streams === "inherit" || streams.stdin.kind !== "device") {
    throw invalid("process.terminal", "nobody holds the other side of the terminal", "set it to false");
  }
  const hasDevices = config.mounts?.some(({ destination, type }) => destination === "/dev" && type === "tmpfs");
  if (!hasDevices) return config;
  const console = { destination: "/dev/console", type: "bind", source: streams.stdin.path, options: ["bind"] };
  return { ...config, mounts: [...(config.mounts ?? []), console] };
}

/** The cgroup that a container gets below `cgroupRoot`: an absolute path, like it. */
export function cgroupOf(cgroupRoot: string, id: string, config: RuntimeConfig): string {
  return join(cgroupRoot, config.linux?.cgroupsPath ?? `drydock/${id}`);
}

function rootOf(request: StartRequest, config: RuntimeConfig): RootSource {
  const root: RootSource = request.root ?? { type: "directory", path: config.root.path };
  if (root.type !== "directory" && root.lower.length === 0) {
    throw invalid("root.lower", "is empty", "an overlay needs a layer");
  }
  if (root.type !== "directory" && hasUserNamespace(config)) {
    throw invalid(
      "root",
      "layers belong to the host's ids, which a user namespace does not see",
      "give it a directory",
    );
  }
  if (root.type !== "directory" && !hasMountNamespace(config)) {
    throw invalid(
      "root",
      "an overlay is mounted in the container's mount namespace, and there is none",
      "give it a directory",
    );
  }
  for (const path of rootPaths(root)) {
    if (!path.startsWith("/")) throw invalid("root.path", `${path} is not an absolute path`);
  }
  return root;
}

function rootPaths(root: RootSource): string[] {
  if (root.type === "directory") return [root.path];
  return root.type === "overlay" ? [...root.lower, root.upper, root.work] : root.lower;
}
