import { readFileSync } from "node:fs";

export interface ProcessStatus {
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
  /** Resident memory, bytes; absent for kernel threads and zombies. */
  residentBytes?: number;
}

/** /proc/PID/status (proc_pid_status(5)). */
export function parseStatus(text: string): ProcessStatus {
  const fields = new Map(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
      }),
  );
  const value = (name: string): string => fields.get(name) ?? "";
  const list = (name: string): number[] => value(name).split(/\s+/).filter(Boolean).map(Number);
  const mask = (name: string): bigint => BigInt(`0x${value(name) || "0"}`);
  const resident = fields.get("VmRSS");
  return {
    name: value("Name"),
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
    ...(resident ? { residentBytes: Number.parseInt(resident, 10) * 1024 } : {}),
  };
}

export function readStatus(pid: number | "self"): ProcessStatus {
  return parseStatus(readFileSync(`/proc/${pid}/status`, "utf8"));
}
