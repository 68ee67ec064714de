/**
 * node controller.ts     one of several; the one that leads acts every 100 ms
 *
 * A candidate is a key below leader/ with $NAME as its value and a lease of $TTL seconds; the one that was created first leads.
 * To act is to POST {"name": "…", "token": N} to $DEVICE; N is the revision that created the key of the candidate. The device answers 200; 409 when it has
 * seen a higher token before.
 * SIGTERM: gives its place back and ends with 0. Whoever has lost its place becomes a candidate again.
 *
 * etcd is at $ENDPOINT, http://127.0.0.1:2379 unless stated.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
const { NAME: name = "someone", DEVICE: device = "" } = process.env;
const ttl = Number(process.env.TTL ?? 2);
const ending = new AbortController();
process.on("SIGTERM", () => ending.abort());

/** Waits until this key is the oldest candidate. False when it is none any more, or `signal` says so. */
async function leads(key: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { kvs, header } = await client.getAll().prefix("leader/").sort("Create", "Ascend").exec();
    const mine = kvs.findIndex((kv) => String(kv.key) === key);
    if (mine <= 0) return mine === 0;
    // Behind one only, not behind the leader: when the leader goes, one is woken and not all.
    const before = String(kvs[mine - 1]?.key);
    await deleted(before, Number(header.revision) + 1, signal);
  }
  return false;
}

function deleted(key: string, from: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watcher = client.watch().key(key).only("delete").startRevision(String(from)).watcher();
    const end = (): void => {
      signal.removeEventListener("abort", end);
      void watcher.cancel();
      resolve();
    };
    watcher.on("delete", end);
    watcher.on("error", end);
    signal.addEventListener("abort", end);
  });
}

/** Acts until somebody says that we lead no more. */
async function act(token: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { status } = await fetch(device, { method: "POST", body: JSON.stringify({ name, token }) });
    // Another has led since: whatever we believe.
    if (status === 409) return;
    await delay(100, undefined, { signal }).catch(() => {});
  }
}

/** One candidacy, from its lease to its end. */
async function campaign(): Promise<void> {
  const lease = client.lease(ttl);
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, ending.signal]);
  lease.on("lost", () => over.abort());
  try {
    const key = `leader/${await lease.grant()}`;
    const { header } = await lease.put(key).value(name);
    if (await leads(key, signal)) await act(Number(header.revision), signal);
  } finally {
    await lease.revoke();
  }
}

while (!ending.signal.aborted) await campaign();
client.close();
