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
import { hasUserNamespace } from "../config/user-namespace.ts";
import type { RuntimeConfig } from "../types.ts";
import type { CompileInput } from "./compile-input.ts";
import { atCwd, writeText } from "./steps.ts";
import { enterUserNamespaceSteps } from "./user-namespaces.ts";

type Namespace = { type: NamespaceKind; path?: string };

/**
 * Namespaces that clone3 makes. Others are made on their own: user before it (user-namespaces.ts), cgroup and time after
 * it (ownCgroupNamespace, ownTimeNamespace).
 */
export function newNamespaces(config: RuntimeConfig): Namespace[] {
  return (config.linux?.namespaces ?? []).filter(
    ({ type, path }) => path === undefined && type !== "cgroup" && type !== "user" && type !== "time",
  );
}

function joinedNamespaces(config: RuntimeConfig): Namespace[] {
  return (config.linux?.namespaces ?? []).filter(({ type, path }) => path !== undefined && type !== "user");
}

/** Namespaces that the container's process joins before anything else. */
export function joinSteps(config: RuntimeConfig): Step[] {
  if (hasUserNamespace(config)) return [];
  return joinedNamespaces(config)
    .filter(({ type }) => type !== "pid" && type !== "mount")
    .flatMap(({ type, path = "" }) => joinOne(type, path));
}

/** A mount namespace is joined after all that is looked up on the host; paths of root and mounts are those that it knows. */
export function joinMountSteps(config: RuntimeConfig): Step[] {
  return joinedNamespaces(config)
    .filter(({ type }) => type === "mount")
    .flatMap(({ type, path = "" }) => joinOne(type, path));
}

/**
 * Those that the shim joins before it forks: a pid namespace, since it is entered by children only; and with a user
 * namespace all of them. Root joins them with the host's rights, before it gives these up for the user namespace;
 * everybody else has rights in the user namespace alone.
 */
export function shimJoinSteps({ config, facts }: CompileInput): Step[] {
  const joined = joinedNamespaces(config).filter(({ type }) => type === "pid" || hasUserNamespace(config));
  const others = joined.flatMap(({ type, path = "" }) => joinOne(type, path));
  const user = enterUserNamespaceSteps(config);
  return facts.rootless ? [...user, ...others] : [...others, ...user];
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

/**
 * A new time namespace, with the offsets of its clocks. They can be written as long as nobody is in it, so it is made,
 * written, and then joined (time_namespaces(7)).
 */
export function ownTimeNamespace(config: RuntimeConfig): Step[] {
  const wanted = config.linux?.namespaces?.some(({ type, path }) => type === "time" && path === undefined);
  if (!wanted) return [];
  const offsets = Object.entries(config.linux?.timeOffsets ?? {});
  const lines = offsets.map(([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}\n`).join("");
  const write = named("O_WRONLY|O_CLOEXEC", openFlags.O_WRONLY | openFlags.O_CLOEXEC);
  return [
    {
      name: "unshare",
      args: [flags(cloneFlags, "CLONE_NEWTIME")],
      why: "a time namespace, for now only for children of this process",
    },
    ...(lines === ""
      ? []
      : [
          {
            name: "openat",
            args: [atCwd, "/proc/self/timens_offsets", write],
            why: "linux.timeOffsets, while nobody is in the namespace",
            result: "offsets",
          } satisfies Step,
          writeText(resultOf("offsets"), lines, "what is added to the clocks"),
        ]),
    {
      name: "openat",
      args: [atCwd, "/proc/self/ns/time_for_children", named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "that time namespace",
      result: "namespace",
    },
    {
      name: "setns",
      args: [resultOf("namespace"), flags(cloneFlags, "CLONE_NEWTIME")],
      why: "join it: from here on the clocks have their offsets",
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
