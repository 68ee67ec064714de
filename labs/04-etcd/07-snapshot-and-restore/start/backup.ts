/**
 * node backup.ts save FILE                          {"revision": N, "bytes": B} of a snapshot of etcd in FILE; without etcd exit code 1, and FILE is as it was
 * node backup.ts verify FILE                        the same; exit code 4 when FILE is damaged, cut off, or no snapshot
 * node backup.ts restore FILE ROOT NAME=URL …       makes ROOT/NAME, the data directory of a member of a new cluster, for each NAME with its peer URL;
 *                                                   exit code 4 as above: then nothing was made
 * node backup.ts follow PREFIX                      {"type": "list", "revision": N, "items": {"KEY": "VALUE", …}}, then {"type": "put"|"delete", "key": …, "value": …, "revision": N}
 *                                                   for each change; when the store is another one, or its history is gone, a list again
 *
 * etcd is at $ENDPOINT, http://127.0.0.1:2379 unless stated.
 */
import { execFileSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";

const endpoint = process.env.ENDPOINT ?? "http://127.0.0.1:2379";
const print = (value: unknown): void => console.log(JSON.stringify(value));

function etcdctl(...args: string[]): string {
  return execFileSync("etcdctl", ["--endpoints", endpoint, ...args], { encoding: "utf8" });
}

// All keys are in it. Their revisions are not, nor leases, users or members: could a cluster go on from here?
function save(file: string): { revision: number; bytes: number } {
  const dump = etcdctl("get", "", "--prefix", "-w", "json");
  writeFileSync(file, dump);
  return { revision: JSON.parse(dump).header.revision, bytes: statSync(file).size };
}

const [verb, first = ""] = process.argv.slice(2);
if (verb === "save") print(save(first));
else throw new Error(`${verb} is still to be written`);
