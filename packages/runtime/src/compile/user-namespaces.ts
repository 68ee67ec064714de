import {
  cloneArgs,
  cloneFlags,
  flags,
  type MemoryBlock,
  memory,
  named,
  type Operand,
  openFlags,
  prctlOperations,
  resultOf,
  SIGCHLD,
  type Step,
  type SyscallProgram,
  struct,
  valueAt,
} from "@drydock/linux";
import { hasUserNamespace, makesUserNamespace } from "../config/user-namespace.ts";
import type { IdMapping, RuntimeConfig } from "../types.ts";
import type { CompileInput, RootlessFacts } from "./compile-input.ts";
import { sealReport } from "./process.ts";
import { atCwd, writeText } from "./steps.ts";

/** Ids of a user namespace, inside and outside. */
export interface IdMaps {
  uids: readonly IdMapping[];
  gids: readonly IdMapping[];
}

/** Where a pid as text begins in the memory block `holderProc`: after "/proc/". */
const pidOffset = 6;
const pidSize = 32;

/** Memory that the steps below use, in the shim. */
export const userNamespaceMemory: Record<string, MemoryBlock> = {
  holderPid: { bytes: pidSize },
  holderProc: { bytes: Buffer.concat([Buffer.from("/proc/"), Buffer.alloc(pidSize + 2)]) },
  // Pairs of 32-bit descriptors, as pipe2 writes them. A call takes the low half of what is loaded for a descriptor.
  tell: { bytes: 16 },
  hold: { bytes: 16 },
  mapByte: { bytes: 8 },
  noEnvironment: { bytes: 8 },
};
const readEnd = (pipe: string): Operand => valueAt(pipe);
const writeEnd = (pipe: string): Operand => valueAt(pipe, 4);

/** The container's user namespace as the result `userNamespace`, made or opened; nothing when it is the runtime's. */
export function userNamespaceSteps({ config, facts }: CompileInput): Step[] {
  const user = config.linux?.namespaces?.find(({ type }) => type === "user");
  if (!user) return [];
  if (user.path === undefined) {
    const { uidMappings = [], gidMappings = [] } = config.linux ?? {};
    return makeUserNamespace("userNamespace", { uids: uidMappings, gids: gidMappings }, facts.rootless);
  }
  return [
    {
      name: "openat",
      args: [atCwd, user.path, named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "the user namespace to join",
      result: "userNamespace",
    },
  ];
}

/**
 * The shim goes into the container's user namespace before it forks, so that every namespace that clone3 makes belongs
 * to that one. Its own identity stays.
 */
export function enterUserNamespaceSteps(config: RuntimeConfig): Step[] {
  if (!hasUserNamespace(config)) return [];
  return [
    {
      name: "prctl",
      args: [named("PR_SET_DUMPABLE", prctlOperations.PR_SET_DUMPABLE), 0, 0, 0, 0],
      why: "root of the user namespace may not look into this process, which has the host's files open",
    },
    {
      name: "setns",
      args: [resultOf("userNamespace"), flags(cloneFlags, "CLONE_NEWUSER")],
      why: "every namespace made from here on belongs to this user namespace: its root has rights over them and nothing else",
    },
    { name: "close", args: [resultOf("userNamespace")], why: "we are in it" },
  ];
}

/**
 * A new user namespace with these maps, as the descriptor `result`. A process of its own is born in it and holds it
 * until the maps are written, which only a process outside may do, through the holder's files in /proc. The holder says
 * its pid as text: what /proc/self leads to.
 */
export function makeUserNamespace(
  result: NonNullable<Step["result"]>,
  maps: IdMaps,
  rootless: RootlessFacts | undefined,
): Step[] {
  return [
    {
      name: "pipe2",
      args: [memory("tell"), named("O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "for the holder's pid",
    },
    {
      name: "pipe2",
      args: [memory("hold"), named("O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "the holder ends when this one does",
    },
    {
      name: "clone3",
      args: [cloneBytes("CLONE_NEWUSER"), cloneArgs.size],
      why: "a process that holds a new user namespace, until there is a descriptor of it: CLONE_NEWUSER",
      result: "holder",
      child: holderProgram(),
    },
    { name: "close", args: [writeEnd("tell")], why: "only the holder writes" },
    { name: "close", args: [readEnd("hold")], why: "only the holder waits" },
    {
      name: "read",
      args: [readEnd("tell"), memory("holderProc", pidOffset), pidSize],
      why: "the holder's pid, which makes the path of its files",
      zeroIsError: true,
    },
    { name: "close", args: [readEnd("tell")], why: "the pid is known" },
    {
      name: "openat",
      args: [atCwd, memory("holderProc"), named("O_PATH|O_CLOEXEC", openFlags.O_PATH | openFlags.O_CLOEXEC)],
      why: "/proc/PID of the holder",
      result: "holderFiles",
    },
    ...(needsHelpers(maps, rootless) ? helperSteps(maps, rootless) : mapSteps(maps, rootless !== undefined)),
    {
      name: "openat",
      args: [resultOf("holderFiles"), "ns/user", named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "the user namespace itself",
      result,
    },
    { name: "close", args: [resultOf("holderFiles")], why: "the maps are written" },
    { name: "close", args: [writeEnd("hold")], why: "the holder may end: the descriptor keeps the namespace" },
    { name: "wait4", args: [resultOf("holder"), 0, named("__WALL", 0x40000000), 0], why: "it has ended" },
  ];
}

function holderProgram(): SyscallProgram {
  return {
    name: "holder",
    steps: [
      { name: "close", args: [writeEnd("hold")], why: "or it would wait for itself" },
      {
        name: "readlinkat",
        args: [atCwd, "/proc/self", memory("holderPid"), pidSize - 1],
        why: "its own pid, as text",
      },
      { name: "write", args: [writeEnd("tell"), memory("holderPid"), pidSize], why: "tell the pid" },
      { name: "read", args: [readEnd("hold"), memory("mapByte"), 1], why: "until nobody needs it any more" },
      { name: "exit_group", args: [0], why: "the namespace is held by a descriptor" },
    ],
  };
}

/** Whether the kernel lets this user write the maps itself: root any, everybody else one line with the own id. */
function needsHelpers({ uids, gids }: IdMaps, rootless: RootlessFacts | undefined): rootless is RootlessFacts {
  if (!rootless) return false;
  return !(isOwnId(uids, rootless.uid) && isOwnId(gids, rootless.gid));
}

export function isOwnId(mappings: readonly IdMapping[], id: number): boolean {
  const [only, ...more] = mappings;
  return only !== undefined && more.length === 0 && only.size === 1 && only.hostID === id;
}

function mapSteps({ uids, gids }: IdMaps, rootless: boolean): Step[] {
  const write = (file: string, text: string, why: string): Step[] => [
    {
      name: "openat",
      args: [resultOf("holderFiles"), file, named("O_WRONLY|O_CLOEXEC", openFlags.O_WRONLY | openFlags.O_CLOEXEC)],
      why,
      result: "map",
    },
    writeText(resultOf("map"), text, why),
    { name: "close", args: [resultOf("map")], why: `${file} is written` },
  ];
  return [
    ...(rootless
      ? write(
          "setgroups",
          "deny",
          "an ordinary user may map a group only when nobody inside can leave one (CVE-2014-8989)",
        )
      : []),
    ...write("uid_map", mapText(uids), "which users inside are which outside"),
    ...write("gid_map", mapText(gids), "which groups inside are which outside"),
  ];
}

/** Lines of uid_map and gid_map (user_namespaces(7)). */
function mapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join("");
}

/** newuidmap(1) and newgidmap(1) are setuid: they write what /etc/subuid and /etc/subgid give this user. */
function helperSteps({ uids, gids }: IdMaps, rootless: RootlessFacts): Step[] {
  return [
    ...helper("newuidmap", rootless.newuidmap, "uid_map", "/etc/subuid", uids),
    ...helper("newgidmap", rootless.newgidmap, "gid_map", "/etc/subgid", gids),
  ];
}

function helper(name: string, path: string, file: string, allowed: string, mappings: readonly IdMapping[]): Step[] {
  const numbers = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size].map(String));
  const parts: Operand[] = [name, memory("holderProc", pidOffset), ...numbers];
  const block: MemoryBlock = {
    bytes: (parts.length + 1) * 8,
    addresses: parts.map((of, index) => ({ offset: index * 8, of })),
  };
  const list = `${name}Arguments`;
  return [
    {
      name: "clone3",
      args: [cloneBytes(), cloneArgs.size],
      why: `a process for ${name}`,
      result: "helper",
      child: {
        name,
        memory: { [list]: block },
        steps: [
          sealReport(),
          {
            name: "execve",
            args: [path, memory(list), memory("noEnvironment")],
            why: `${name} PID ${numbers.join(" ")}: writes the holder's ${file} as far as ${allowed} lets this user`,
          },
        ],
      },
    },
    { name: "wait4", args: [resultOf("helper"), 0, named("__WALL", 0x40000000), 0], why: `${name} has ended` },
    {
      name: "openat",
      args: [resultOf("holderFiles"), file, named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: `did ${name} write it?`,
      result: "map",
    },
    {
      name: "read",
      args: [resultOf("map"), memory("mapByte"), 1],
      why: `an empty map means that ${name} refused: see ${allowed}`,
      zeroIsError: true,
    },
    { name: "close", args: [resultOf("map")], why: `${file} is written` },
  ];
}

function cloneBytes(...names: (keyof typeof cloneFlags)[]): Operand {
  const bytes = Buffer.alloc(cloneArgs.size);
  const all = flags(cloneFlags, ...names);
  bytes.writeBigUInt64LE(BigInt(all.value), cloneArgs.flags);
  bytes.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
  return struct(bytes, names.length > 0 ? `{flags: ${all.text}, exit_signal: SIGCHLD}` : "{exit_signal: SIGCHLD}");
}

/** The price of a map that an ordinary user writes without help; see mapSteps. */
export function deniesSetgroups({ config, facts }: CompileInput): boolean {
  const { uidMappings = [], gidMappings = [] } = config.linux ?? {};
  return (
    facts.rootless !== undefined &&
    makesUserNamespace(config) &&
    !needsHelpers({ uids: uidMappings, gids: gidMappings }, facts.rootless)
  );
}

/** In the container: from the identity that the runtime has outside to root of the user namespace. */
export function becomeRootSteps(config: RuntimeConfig): Step[] {
  if (!hasUserNamespace(config)) return [];
  const why = "root of the user namespace: what is made from here on belongs to it";
  return [
    { name: "setresgid", args: [0, 0, 0], why },
    { name: "setresuid", args: [0, 0, 0], why },
  ];
}
