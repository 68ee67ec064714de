// fails at frozen: has not queued up again
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
    if (status !== 200) console.error(`the device says ${status}`);
    await delay(100, undefined, { signal }).catch(() => {});
  }
}

/** One candidacy, from its lease to its end. */
async function campaign(): Promise<void> {
  const lease = client.lease(ttl);
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, ending.signal]);
  lease.on("lost", (error) => console.error(error.message));
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
