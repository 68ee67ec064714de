import { readFileSync } from "node:fs";

export interface ProcessStatus {
  /** The kernel writes a newline as \\n and a backslash as \\\\ there, unlike in stat; this is the name itself. */
  name: string;
  state: string;
  parent: number;
  /** Real, effective, saved, file system. */
  uids: number[];
  gids: number[];
  groups: number[];
  /** Pids in each pid namespace, outermost first. */
  namespacePids: number[];
  capabilities: { inheritable: bigint; permitted: bigint; effective: bigint; bounding: bigint; ambient: bigint };
  noNewPrivileges: boolean;
  seccomp: SeccompMode;
  threads: number;
  /** Resident memory, bytes; absent for kernel threads and zombies. */
  residentBytes?: number;
  /** All that is mapped, whether it is in memory or not; absent as above. */
  virtualBytes?: number;
  swapBytes?: number;
}

export type SeccompMode = "none" | "strict" | "filter";
const seccompModes: readonly SeccompMode[] = ["none", "strict", "filter"];

/** /proc/PID/status (proc_pid_status(5)). */
export function parseStatus(text: string): ProcessStatus {
  const fields = new Map(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 2)] as const;
      }),
  );
  // A name may begin or end with spaces; the other values are only aligned with them.
  const value = (name: string): string => fields.get(name)?.trim() ?? "";
  const list = (name: string): number[] => value(name).split(/\s+/).filter(Boolean).map(Number);
  const mask = (name: string): bigint => BigInt(`0x${value(name) || "0"}`);
  const bytes = <Name extends string>(field: string, name: Name): Partial<Record<Name, number>> => {
    const text = fields.get(field);
    return text ? ({ [name]: Number.parseInt(text, 10) * 1024 } as Record<Name, number>) : {};
  };
  return {
    name: unescapeName(fields.get("Name") ?? ""),
    state: value("State").slice(0, 1),
    parent: Number(value("PPid")),
    uids: list("Uid"),
    gids: list("Gid"),
    groups: list("Groups"),
    namespacePids: list("NSpid"),
    capabilities: {
      inheritable: mask("CapInh"),
      permitted: mask("CapPrm"),
      effective: mask("CapEff"),
      bounding: mask("CapBnd"),
      ambient: mask("CapAmb"),
    },
    noNewPrivileges: value("NoNewPrivs") === "1",
    seccomp: seccompModes[Number(value("Seccomp") || 0)] ?? "filter",
    threads: Number(value("Threads") || 1),
    ...bytes("VmRSS", "residentBytes"),
    ...bytes("VmSize", "virtualBytes"),
    ...bytes("VmSwap", "swapBytes"),
  };
}

/** Undoes what fs/proc/array.c does to the name alone: newline and backslash are escaped, anything else stands as it is. */
function unescapeName(name: string): string {
  return name.replace(/\\([n\\])/g, (_, letter: string) => (letter === "n" ? "\n" : "\\"));
}

export function readStatus(pid: number | "self"): ProcessStatus {
  return parseStatus(readFileSync(`/proc/${pid}/status`, "utf8"));
}
