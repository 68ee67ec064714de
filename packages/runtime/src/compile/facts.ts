import { readFileSync, statSync } from "node:fs";
import { release } from "node:os";
import { errnoOf } from "@drydock/kit";
import {
  type CapabilityName,
  type CgroupHierarchies,
  canFilterDevices,
  capabilityMask,
  capabilityNamesOf,
  isCapabilityName,
  readStatus,
} from "@drydock/linux";
import { invalid } from "../config/check.ts";
import { ignoredOptions, planMount } from "../config/mount-options.ts";
import { labelFilesFor } from "../config/security-labels.ts";
import { hasUserNamespace } from "../config/user-namespace.ts";
import { checkRootless } from "../rootless/check-rootless.ts";
import type { RuntimeConfig, StartRequest } from "../types.ts";
import type { CompileInput, HostFacts, StreamSource } from "./compile-input.ts";

/** Looks at the host for what a plan depends on. Throws RUNTIME_INVALID_CONFIG for a bind mount of nothing. */
export function gatherFacts(config: RuntimeConfig, hierarchies: CgroupHierarchies): HostFacts {
  const rootless = checkRootless(config);
  checkMountPlace(config);
  const labels = labelFilesFor(config.process, config.linux);
  const sourceKinds = new Map<string, "directory" | "file">();
  for (const [index, mount] of (config.mounts ?? []).entries()) {
    const path = `mounts[${index}]`;
    if (planMount(mount, path).kind !== "bind" || mount.source === undefined) continue;
    const stat = statSync(mount.source, { throwIfNoEntry: false });
    if (!stat)
      throw invalid(
        `${path}.source`,
        `${mount.source} does not exist`,
        "make it first: a bind mount needs something to bind",
      );
    sourceKinds.set(mount.source, stat.isDirectory() ? "directory" : "file");
  }
  return {
    sourceKinds,
    // In a user namespace of its own the first process has every capability.
    permitted: hasUserNamespace(config) ? ~0n & 0xffffffffffffffffn : readStatus("self").capabilities.permitted,
    oomScoreAdj: Number(readFileSync("/proc/self/oom_score_adj", "utf8")),
    ...deviceFilter(hierarchies),
    ...(labels ? { labels } : {}),
    ...(rootless ? { rootless } : {}),
  };
}

/** Namespaces whose root file system is somebody's: joined, it would be replaced by the container's. */
const keptRoots = ["/proc/self/ns/mnt", "/proc/1/ns/mnt"];

function checkMountPlace(config: RuntimeConfig): void {
  const { namespaces = [] } = config.linux ?? {};
  const index = namespaces.findIndex(({ type }) => type === "mount");
  const path = namespaces[index]?.path;
  if (index < 0 && !mountsInDetachedTrees()) {
    throw invalid(
      "linux.namespaces",
      "no mount namespace, on a kernel before 6.15: the container's mounts would be the host's",
      'add {"type": "mount"}',
    );
  }
  if (path === undefined) return;
  const namespace = inodeOf(path);
  if (namespace !== undefined && keptRoots.some((kept) => inodeOf(kept) === namespace)) {
    throw invalid(
      `linux.namespaces[${index}].path`,
      `${path} is the host's mount namespace, whose root would be replaced`,
      "leave out the path for a new one; without any mount namespace the container stays in the host's",
    );
  }
}

/** Undefined for what is not there or may not be looked at, and so not be joined either. */
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

/** Linux 6.15 and newer: mounts on a root that is itself mounted nowhere (fs/namespace.c, do_move_mount). */
function mountsInDetachedTrees(): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 15);
}

function deviceFilter({ legacy }: CgroupHierarchies): Pick<HostFacts, "deviceFilter"> {
  if (canFilterDevices()) return { deviceFilter: "program" };
  return legacy.devices !== undefined && process.geteuid?.() === 0 ? { deviceFilter: "legacy" } : {};
}

/** What the configuration asks for and this process cannot give, in words, and the configuration without it. */
export function withoutImpossible(
  config: RuntimeConfig,
  facts: HostFacts,
): { config: RuntimeConfig; notEnforced: string[] } {
  const notEnforced = ignoredOptions(config.mounts ?? []);
  const asked = new Set(Object.values(config.process.capabilities ?? {}).flat());
  const missing = capabilityNamesOf(capabilityMask([...asked].filter(isCapabilityName)) & ~facts.permitted);
  if (missing.length > 0) {
    notEnforced.push(
      `${missing.join(", ")}: not granted, since the runtime does not have ${missing.length === 1 ? "it" : "them"} itself`,
    );
  }
  const { ambient = [], inheritable = [], permitted = [] } = config.process.capabilities ?? {};
  const lost = ambient.filter((name) => !inheritable.includes(name) || !permitted.includes(name));
  if (lost.length > 0) {
    notEnforced.push(
      `${lost.join(", ")}: not ambient, since that takes ${lost.length === 1 ? "it" : "them"} to be permitted and inheritable too (capabilities(7))`,
    );
  }
  if (config.linux?.resources?.devices?.some(({ allow }) => !allow) && !facts.deviceFilter) {
    notEnforced.push(
      "linux.resources.devices: no device is denied, since the runtime may not load an eBPF program; without CAP_MKNOD the container can make no new device files",
    );
  }
  const { oomScoreAdj, ...process } = config.process;
  // The right is asked for in the host's user namespace.
  const mayLower =
    !hasUserNamespace(config) && facts.permitted & capabilityMask(["CAP_SYS_RESOURCE" satisfies CapabilityName]);
  if (oomScoreAdj === undefined || oomScoreAdj >= facts.oomScoreAdj || mayLower) return { config, notEnforced };
  notEnforced.push(
    `oom_score_adj of ${oomScoreAdj}: stays ${facts.oomScoreAdj}, since the runtime lacks CAP_SYS_RESOURCE, which lowering it takes`,
  );
  return { config: { ...config, process }, notEnforced };
}

export function streamSources(stdio: StartRequest["stdio"]): CompileInput["streams"] {
  if (stdio === "inherit" || (stdio && "descriptors" in stdio)) return "inherit";
  if (stdio && "console" in stdio) return "console";
  return {
    stdin: streamSource(stdio?.stdin ?? "null"),
    stdout: streamSource(stdio?.stdout ?? "null"),
    stderr: streamSource(stdio?.stderr ?? "null"),
  };
}

function streamSource(path: string): StreamSource {
  if (path === "null" || path === "/dev/null") return { path: "/dev/null", kind: "null" };
  try {
    const stat = statSync(path);
    return { path, kind: stat.isFIFO() ? "fifo" : stat.isCharacterDevice() ? "device" : "file" };
  } catch (error) {
    // It is made when it is opened.
    if (errnoOf(error) === "ENOENT") return { path, kind: "file" };
    throw error;
  }
}
