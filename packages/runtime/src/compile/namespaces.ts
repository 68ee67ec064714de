import {
  cloneArgs,
  cloneFlags,
  flags,
  type MemoryBlock,
  type NamespaceKind,
  named,
  namespaceFlag,
  namespaceKinds,
  openFlags,
  resultOf,
  SIGCHLD,
  type Step,
} from "@drydock/linux";
import type { RuntimeConfig } from "../types.ts";
import { atCwd } from "./steps.ts";

type Namespace = { type: NamespaceKind; path?: string };

/** Namespaces that clone3 makes. The cgroup namespace is not among them: see ownCgroupNamespace. */
export function newNamespaces(config: RuntimeConfig): Namespace[] {
  return (config.linux?.namespaces ?? []).filter(({ type, path }) => path === undefined && type !== "cgroup");
}

/** Namespaces that the container joins before anything else; user first, since it gives the rights for the others. */
export function joinSteps(config: RuntimeConfig): Step[] {
  const joined = (config.linux?.namespaces ?? []).filter(({ type, path }) => path !== undefined && type !== "pid");
  joined.sort((a, b) => Number(b.type === "user") - Number(a.type === "user"));
  return joined.flatMap(({ type, path = "" }) => joinOne(type, path));
}

/** A pid namespace is entered by children only: the shim joins it before it forks. */
export function joinPidSteps(config: RuntimeConfig): Step[] {
  const pid = config.linux?.namespaces?.find(({ type, path }) => type === "pid" && path !== undefined);
  return pid?.path === undefined ? [] : joinOne("pid", pid.path);
}

function joinOne(type: NamespaceKind, path: string): Step[] {
  const flag = namespaceKinds[type].flag;
  return [
    {
      name: "openat",
      args: [atCwd, path, named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: `the ${type} namespace to join`,
      result: "namespace",
    },
    {
      name: "setns",
      args: [resultOf("namespace"), named(flag, namespaceFlag(type))],
      why: `join the ${type} namespace ${path}`,
    },
  ];
}

/**
 * The new cgroup namespace is made by the child once it is in its cgroup: with clone3 its root would be the cgroup of
 * the parent (kernel/cgroup/namespace.c, copy_cgroup_ns looks at the caller).
 */
export function ownCgroupNamespace(config: RuntimeConfig): Step[] {
  const wanted = config.linux?.namespaces?.some(({ type, path }) => type === "cgroup" && path === undefined);
  if (!wanted) return [];
  return [
    {
      name: "unshare",
      args: [flags(cloneFlags, "CLONE_NEWCGROUP")],
      why: "its own cgroup becomes the root of what it sees",
    },
  ];
}

/** Struct clone_args for the container's first process. With a cgroup, its descriptor is stored at cloneArgs.cgroup before the call. */
export function cloneArguments(config: RuntimeConfig, intoCgroup: boolean): { block: MemoryBlock; text: string } {
  const names: (keyof typeof cloneFlags)[] = newNamespaces(config).map(({ type }) => namespaceKinds[type].flag);
  if (intoCgroup) names.push("CLONE_INTO_CGROUP");
  const all = flags(cloneFlags, ...names);
  const bytes = Buffer.alloc(cloneArgs.size);
  bytes.writeBigUInt64LE(BigInt(all.value), cloneArgs.flags);
  bytes.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
  return { block: { bytes }, text: all.text };
}
