// fails at gap: after a list at revision
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
const print = (value: unknown): void => console.log(JSON.stringify(value));
async function put(key: string, value: string): Promise<void> {
  const { header } = await client.put(key).value(value);
  print({ revision: Number(header.revision) });
}
async function get(key: string): Promise<void> {
  const [kv] = (await client.get(key).exec()).kvs;
  if (kv) print({ value: String(kv.value), revision: Number(kv.mod_revision), version: Number(kv.version) });
  else process.exitCode = 3;
}
async function list(prefix: string): Promise<number> {
  const { header, kvs } = await client.getAll().prefix(prefix).exec();
  const revision = Number(header.revision);
  print({ revision, items: Object.fromEntries(kvs.map(({ key, value }) => [String(key), String(value)])) });
  return revision;
}
async function follow(prefix: string): Promise<void> {
  await list(prefix);
  const watcher = client
    .watch()
    .prefix(prefix)
    // Not create(): what listens has to be there before the first event is.
    .watcher();
  watcher.on("put", (kv) =>
    print({ type: "put", key: String(kv.key), value: String(kv.value), revision: Number(kv.mod_revision) }),
  );
  watcher.on("delete", (kv) => print({ type: "delete", key: String(kv.key), revision: Number(kv.mod_revision) }));
}
const [verb, key = "", value = ""] = process.argv.slice(2);
if (verb === "follow") await follow(key);
else {
  if (verb === "put") await put(key, value);
  else if (verb === "get") await get(key);
  else await list(key);
  client.close();
}
