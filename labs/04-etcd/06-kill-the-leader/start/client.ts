/**
 * node client.ts add KEY COUNT NAME    adds 1 to the number in KEY, COUNT times; several run at the same time, with different NAMEs
 *                                      prints {"done": K} after each addition that is certain, and ends with 0 after COUNT of them
 *                                      the value is JSON with a field "n"; what else is in it is up to you
 * node client.ts follow PREFIX FROM    prints {"revision": R, "key": "…"} for each change below PREFIX from revision FROM on, without end:
 *                                      each once, in order, whatever happens to connections and members
 *
 * $ENDPOINTS has the addresses of all members, with commas between them; http://127.0.0.1:2379 unless stated.
 */
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: (process.env.ENDPOINTS ?? "http://127.0.0.1:2379").split(",") });
const print = (value: unknown): void => console.log(JSON.stringify(value));

async function add(key: string, k: number): Promise<void> {
  const value = await client.get(key).string();
  const { n } = value ? JSON.parse(value) : { n: 0 };
  await client.put(key).value(JSON.stringify({ n: n + 1 }));
  print({ done: k });
}

async function follow(prefix: string, from: number): Promise<void> {
  const watcher = await client.watch().prefix(prefix).startRevision(String(from)).create();
  watcher.on("put", (kv) => print({ revision: Number(kv.mod_revision), key: String(kv.key) }));
}

const [verb, key = "", number = ""] = process.argv.slice(2);
if (verb === "follow") await follow(key, Number(number));
else {
  for (let k = 1; k <= Number(number); k++) await add(key, k);
  client.close();
}
