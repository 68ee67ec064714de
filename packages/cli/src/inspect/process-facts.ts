import {
  type ProcessStat,
  type ProcessStatus,
  readCmdline,
  readNamespaces,
  readStat,
  readStatus,
} from "@drydock/linux";
import { unlessGone, unlessHidden } from "./unless-gone.ts";
import { userName } from "./user-name.ts";

/** What a list says of one process. All of it was true a moment ago. */
export interface ProcessFacts {
  pid: number;
  parent: number;
  /** One letter; see stateWords. */
  state: string;
  user: string;
  /** Bytes; 0 for kernel threads and zombies. */
  residentBytes: number;
  threads: number;
  /** Pids in each pid namespace, outermost first. */
  namespacePids: number[];
  /** Kinds of namespaces that the reader is not in itself; undefined when the reader may not know. */
  ownNamespaces: string[] | undefined;
  isKernelThread: boolean;
  /** Its arguments; none for kernel threads and zombies. */
  args: string[];
  /** What the kernel calls it: up to 15 bytes of its program's name. */
  name: string;
}

export const stateWords: Readonly<Record<string, string>> = {
  R: "running, or waiting for a processor",
  S: "sleeping until something happens",
  D: "waiting for a disk or the like, cannot be interrupted",
  T: "stopped by a signal",
  t: "stopped by a debugger",
  Z: "zombie: it has ended, its parent has not asked for the exit code",
  X: "dead",
  I: "idle thread of the kernel",
};

/** Undefined when the process has ended. `reader`: namespaces of whoever looks. */
export function readProcess(pid: number, reader: Readonly<Record<string, number>>): ProcessFacts | undefined {
  return unlessGone(() => {
    const stat = readStat(pid);
    return stat && facts(stat, readStatus(pid), reader);
  }, undefined);
}

function facts(stat: ProcessStat, status: ProcessStatus, reader: Readonly<Record<string, number>>): ProcessFacts {
  const { pid } = stat;
  return {
    pid,
    parent: stat.parent,
    state: stat.state,
    user: userName(status.uids[0] ?? 0),
    residentBytes: status.residentBytes ?? 0,
    threads: status.threads,
    namespacePids: status.namespacePids,
    ownNamespaces: unlessHidden(() => namespacesApart(readNamespaces(pid), reader), undefined),
    isKernelThread: stat.isKernelThread,
    args: unlessHidden(() => readCmdline(pid), []),
    name: stat.command,
  };
}

/** Kinds in the order in which they say most about a container. */
const tellingOrder = ["pid", "mnt", "net", "uts", "ipc", "cgroup", "user", "time"];

/** The kinds in which two processes differ. A kind that one of them lacks (it has ended, or an old kernel) is none. Pure. */
export function namespacesApart(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): string[] {
  const rank = (kind: string): number =>
    (tellingOrder.indexOf(kind) + tellingOrder.length + 1) % (tellingOrder.length + 1);
  return Object.keys(a)
    .filter((kind) => b[kind] !== undefined && a[kind] !== b[kind])
    .sort((x, y) => rank(x) - rank(y));
}

/** The command line as it would be typed, near enough; what has none is shown by its name in brackets, as ps does. */
export function commandText({ args, name }: Pick<ProcessFacts, "args" | "name">): string {
  return args.length > 0 ? args.map((arg) => (arg === "" ? "''" : arg)).join(" ") : `[${name}]`;
}
