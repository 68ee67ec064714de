/**
 * node history.ts at REVISION KEY      {"value": "…", "revision": N}, as it was at REVISION; N is that of its last change before
 *                                      exit code 3: no such key then; 4: that revision is compacted; 5: it is still to come
 * node history.ts log KEY              {"versions": [{"revision": N, "value": "…"}, …], "complete": true}, newest first, back to the creation of the key
 *                                      "complete": false when compaction has taken the older ones; exit code 3: no such key
 * node history.ts mirror PREFIX FILE   keeps FILE as {"revision": N, "items": {"KEY": "VALUE", …}} of all below PREFIX, without end
 *
 * etcd is at $ENDPOINT, http://127.0.0.1:2379 unless stated.
 */
import { writeFileSync } from "node:fs";
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
const print = (value: unknown): void => console.log(JSON.stringify(value));

async function read(key: string) {
  const [kv] = (await client.get(key).exec()).kvs;
  return kv && { value: String(kv.value), revision: Number(kv.mod_revision) };
}

async function log(key: string): Promise<void> {
  print({ versions: [await read(key)], complete: true });
}

async function mirror(prefix: string, file: string): Promise<void> {
  const { header, kvs } = await client.getAll().prefix(prefix).exec();
  const items = Object.fromEntries(kvs.map(({ key, value }) => [String(key), String(value)]));
  writeFileSync(file, JSON.stringify({ revision: Number(header.revision), items }));
}

const [verb, first = "", second = ""] = process.argv.slice(2);
if (verb === "mirror") await mirror(first, second);
else if (verb === "at") print(await read(second));
else await log(first);
client.close();
