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

// Whoever finds no leader is the leader. Three of them look at the same time.
while (true) {
  const leader = await client.get("leader/only").string();
  if (leader === null) await client.put("leader/only").value(name);
  if (leader === null || leader === name) {
    await fetch(device, { method: "POST", body: JSON.stringify({ name, token: Date.now() }) });
  }
  await delay(100);
}
