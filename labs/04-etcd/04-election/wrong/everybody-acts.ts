// fails at one: expected one to act
import { setTimeout as delay } from "node:timers/promises";
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
const { NAME: name = "someone", DEVICE: device = "" } = process.env;
const ttl = Number(process.env.TTL ?? 2);
const ending = new AbortController();
process.on("SIGTERM", () => ending.abort());

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
    // Oldest or not.
    if (!signal.aborted) await act(Number(header.revision), signal);
  } finally {
    await lease.revoke();
  }
}

while (!ending.signal.aborted) await campaign();
client.close();
