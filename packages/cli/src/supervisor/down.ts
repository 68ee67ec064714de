import { hasCode } from "@drydock/kit";
import { isProcessAlive, type ProcessIdentity, signalNumbers, signalProcess } from "@drydock/linux";
import { print, remark } from "../output/print.ts";
import type { Settings } from "../settings/settings.ts";
import { untilEnded } from "./host/processes.ts";
import { type Identity, identityOf } from "./identity.ts";
import { inventoryText, isEmpty, takeInventory } from "./inventory.ts";
import { lockHolder, takeLock } from "./lock.ts";
import { requireRoot } from "./preflight.ts";
import { purge } from "./purge.ts";
import { type ClusterRecord, readRecord, supervisorLives, writeRecord } from "./record.ts";
import { sweep } from "./sweep.ts";

/** An orderly stop takes under a second; a supervisor that does not manage it in this time is killed, and swept up after. */
const orderlyMs = 10_000;

/** Takes a cluster down, whether its supervisor runs or not, and says what was removed. Nothing is left afterwards, or it throws. */
export async function down({ dataDir, kubeconfig }: Settings, withData: boolean): Promise<void> {
  requireRoot();
  const startedAt = performance.now();
  const identity = identityOf(dataDir);
  const record = await readable(dataDir);
  const before = await takeInventory(identity);
  if (record?.running && (await supervisorLives(record.running))) await end(record.running.supervisor);
  // Without a record the supervisor is whoever holds the cluster's lock. Another command may hold it too: that is waited for.
  const holder = record ? undefined : await lockHolder(identity.id);
  if (holder && /\s(up|supervise)(\s|$)/.test(holder.command)) await end(holder);
  const lock = await takeLock(identity.id, orderlyMs, `another command is stopping the cluster on ${dataDir}`);
  try {
    await clean(identity, dataDir, record);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (isEmpty(before)) print(`no cluster runs on ${dataDir}`);
    else print(`cluster on ${dataDir} is down in ${seconds} s; removed ${inventoryText(before)}`);
    if (withData) {
      await purge(dataDir, kubeconfig);
      print(`deleted its data in ${dataDir}`);
    }
  } finally {
    await lock.release();
  }
}

/** What is on disk of the cluster. A damaged record hinders as little as a missing one: all that runs is found by its name. */
async function readable(dataDir: string): Promise<ClusterRecord | undefined> {
  try {
    return await readRecord(dataDir);
  } catch (error) {
    if (!hasCode(error, "CLUSTER_DATA_CORRUPT")) throw error;
    remark(`${error.message}; going by what is found on this machine instead`);
    return undefined;
  }
}

async function end(supervisor: ProcessIdentity): Promise<void> {
  signalProcess(supervisor, signalNumbers.SIGTERM);
  if (await untilEnded([supervisor], orderlyMs)) return;
  if (isProcessAlive(supervisor)) signalProcess(supervisor, signalNumbers.SIGKILL);
  await untilEnded([supervisor], orderlyMs);
}

/** After an orderly stop this finds nothing to do, and proves it. */
async function clean(identity: Identity, dataDir: string, record: ClusterRecord | undefined): Promise<void> {
  await sweep(identity, [process.pid]);
  const now = record && (await readRecord(dataDir));
  if (now?.running) await writeRecord(dataDir, { version: now.version, settings: now.settings });
}
