/**
 * node kv.ts put KEY VALUE     {"revision": N}, the revision of the change
 * node kv.ts get KEY           {"value": "…", "revision": N, "version": V}: of its last change, and how often it was written; exit code 3 when there is no such key
 * node kv.ts list PREFIX       {"revision": N, "items": {"KEY": "VALUE", …}}, all as they were at revision N of the store
 * node kv.ts follow PREFIX     the same as one line, then a line for every change after N, without end:
 *                              {"type": "put", "key": "…", "value": "…", "revision": N} or {"type": "delete", "key": "…", "revision": N}
 *
 * etcd is at $ENDPOINT, http://127.0.0.1:2379 unless stated.
 */
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
const print = (value: unknown): void => console.log(JSON.stringify(value));

async function put(key: string, value: string): Promise<void> {
  await client.put(key).value(value);
  print({ revision: 0 });
}

async function get(key: string): Promise<void> {
  print({ value: await client.get(key).string() });
}

async function list(prefix: string): Promise<void> {
  print({ items: await client.getAll().prefix(prefix).strings() });
}

async function follow(prefix: string): Promise<void> {
  await list(prefix);
  const watcher = await client.watch().prefix(prefix).create();
  watcher.on("put", (kv) => print({ type: "put", key: String(kv.key), value: String(kv.value) }));
}

const [verb, key = "", value = ""] = process.argv.slice(2);
if (verb === "follow") await follow(key);
else {
  if (verb === "put") await put(key, value);
  else if (verb === "get") await get(key);
  else await list(key);
  client.close();
}
