import { mkdir, readFile } from "node:fs/promises";
import { errnoOf, readTextIfExists, writeFileAtomic } from "@drydock/kit";
import { isProcessAlive, type ProcessIdentity, readStat } from "@drydock/linux";
import { failure } from "../errors.ts";
import { dataPaths } from "./paths.ts";

/** cluster.json: what a cluster is, and what of it runs. */
export interface ClusterRecord {
  version: 1;
  /** What the next `up` continues with. */
  settings: ClusterSettings;
  /** All nodes have been Ready at least once: there is state that must not be lost silently. */
  hasBeenReady?: boolean;
  /** Absent while nothing runs. Written before anything is made, so that what a killed supervisor leaves behind can be found. */
  running?: RunningRecord;
}

export interface ClusterSettings {
  nodes: number;
  port: number;
  /** The cluster's /16. */
  network: string;
  runtime: "native";
}

export interface RunningRecord {
  phase: "starting" | "ready" | "stopping";
  startedAt: string;
  /** Pids mean nothing after a reboot. */
  bootId: string;
  supervisor: ProcessRecord;
  server: string;
  network: {
    bridge: string;
    cidr: string;
    gateway: string /** How nodes reach the outside, in words. */;
    outbound: string;
  };
  processes: Record<string, ProcessRecord>;
  nodes: NodeRecord[];
}

export interface ProcessRecord extends ProcessIdentity {
  restarts: number;
}

export interface NodeRecord {
  name: string;
  address: string;
  podCidr: string;
  /** First process of the node's container, seen from the host. */
  container?: ProcessRecord;
  agent?: ProcessRecord;
}

/** Undefined when there has never been a cluster here. Throws CLUSTER_DATA_CORRUPT when the file is damaged. */
export async function readRecord(dataDir: string): Promise<ClusterRecord | undefined> {
  const path = dataPaths(dataDir).cluster;
  const text = await readRecordText(path);
  if (text === undefined) return undefined;
  const damaged = (what: string, cause?: unknown): Error =>
    failure("CLUSTER_DATA_CORRUPT", `${path}: ${what}`, {
      hint: "drydock down --purge removes this cluster and its data; or put the file back from a copy",
      cause,
    });
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw damaged("not JSON", cause);
  }
  if (typeof record !== "object" || record === null || !("settings" in record) || !("version" in record)) {
    throw damaged("no record of a cluster");
  }
  if ("running" in record && !isRunning(record.running))
    throw damaged("what it says of a running cluster makes no sense");
  if (record.version !== 1) throw damaged(`version ${record.version} is unknown to this drydock`);
  return record as ClusterRecord;
}

/** As far as a `down` goes by it. */
function isRunning(value: unknown): boolean {
  const { bootId, supervisor, nodes } = (value ?? {}) as Partial<RunningRecord>;
  return typeof bootId === "string" && typeof supervisor?.pid === "number" && Array.isArray(nodes);
}

async function readRecordText(path: string): Promise<string | undefined> {
  try {
    return await readTextIfExists(path);
  } catch (cause) {
    throw failure("CLUSTER_DATA_DIR", `${path} cannot be read: ${errnoOf(cause)}`, { cause });
  }
}

/** What runs on a data directory now: undefined when nothing does, also when a record is left of a supervisor that is gone. */
export async function readRunning(dataDir: string): Promise<RunningRecord | undefined> {
  const running = (await readRecord(dataDir))?.running;
  return running && (await supervisorLives(running)) ? running : undefined;
}

export async function supervisorLives({ bootId, supervisor }: RunningRecord): Promise<boolean> {
  return bootId === (await currentBootId()) && isProcessAlive(supervisor);
}

export function processRecord(pid: number, restarts = 0): ProcessRecord {
  return { pid, startTime: readStat(pid)?.startTime ?? 0, restarts };
}

/** Throws CLUSTER_DATA_DIR when it cannot be written, as on a full disk; the record before stays whole. */
export async function writeRecord(dataDir: string, record: ClusterRecord): Promise<void> {
  const path = dataPaths(dataDir).cluster;
  try {
    await mkdir(dataDir, { recursive: true });
    await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`);
  } catch (cause) {
    throw failure("CLUSTER_DATA_DIR", `${path} cannot be written: ${errnoOf(cause)}`, {
      ...(errnoOf(cause) === "ENOSPC" ? { hint: "free some space on that disk and try again" } : {}),
      cause,
    });
  }
}

export async function currentBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}
