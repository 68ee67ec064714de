import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readTextIfExists, writeFileAtomic } from "@drydock/kit";
import { endProcess, isRunning, type ProcessIdentity } from "./process-identity.ts";

function pidFile(dataDir: string): string {
  return join(dataDir, "etcd.pid");
}

export async function recordEtcd(dataDir: string, identity: ProcessIdentity): Promise<void> {
  await writeFileAtomic(pidFile(dataDir), `${JSON.stringify(identity)}\n`, 0o600);
}

export async function forgetEtcd(dataDir: string): Promise<void> {
  await rm(pidFile(dataDir), { force: true });
}

/** The etcd that was started on this data directory by us and still runs; undefined when there is none. */
export async function recordedEtcd(dataDir: string): Promise<ProcessIdentity | undefined> {
  const text = await readTextIfExists(pidFile(dataDir));
  const identity = text === undefined ? undefined : parseIdentity(text);
  return identity && (await isRunning(identity)) ? identity : undefined;
}

/**
 * Ends an etcd that its supervisor left behind (both killed is the usual case: it gets SIGTERM when its parent dies).
 * True when there was one.
 */
export async function stopRecordedEtcd(dataDir: string, graceMs = 5_000): Promise<boolean> {
  const identity = await recordedEtcd(dataDir);
  const stopped = identity !== undefined && (await endProcess(identity, graceMs));
  await forgetEtcd(dataDir);
  return stopped;
}

/** A file that is not what we wrote names no process: it is as if it were not there. */
function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value: Partial<ProcessIdentity> = JSON.parse(text);
    const { pid, startTime, bootId } = value;
    if (Number.isSafeInteger(pid) && typeof startTime === "string" && typeof bootId === "string") {
      return { pid: pid as number, startTime, bootId };
    }
  } catch {
    // Not JSON.
  }
  return undefined;
}
