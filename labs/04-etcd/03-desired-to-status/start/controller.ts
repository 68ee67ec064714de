/**
 * node controller.ts      gives TCP ports to whoever desires some, without end
 *
 * desired/NAME   how many, as text: "2"; written by others, deleted by others
 * ports/PORT     NAME, to whom it is given; a port that nobody has is no key
 * status/NAME    {"ports": [30001, 30004], "desired": 2}, in ascending order; no key when desired/NAME is none
 *                with fewer ports than desired while there are no more
 *
 * Ports are those from $FIRST to $LAST, 30000 to 30009 unless stated; etcd is at $ENDPOINT, http://127.0.0.1:2379 unless stated.
 */
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
let next = Number(process.env.FIRST ?? 30_000);

// It works, in a demonstration. What does it know after it was killed and started again? What when there are two of it?
const watcher = client.watch().prefix("desired/").watcher();
watcher.on("put", async (kv) => {
  const name = String(kv.key).slice("desired/".length);
  const desired = Number(kv.value);
  const ports = Array.from({ length: desired }, () => next++);
  await client.put(`status/${name}`).value(JSON.stringify({ ports, desired }));
});
watcher.on("delete", async (kv) => {
  await client.delete().key(`status/${String(kv.key).slice("desired/".length)}`);
});
