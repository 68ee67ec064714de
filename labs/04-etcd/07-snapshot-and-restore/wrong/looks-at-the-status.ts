// fails at verify: expected 4
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Etcd3 } from "etcd3";

const endpoint = process.env.ENDPOINT ?? "http://127.0.0.1:2379";
const print = (value: unknown): void => console.log(JSON.stringify(value));

class Damaged extends Error {}

function etcdctl(...args: string[]): string {
  return execFileSync("etcdctl", ["--endpoints", endpoint, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** What is in a snapshot. Throws Damaged. */
function verify(file: string): { revision: number; bytes: number } {
  const bytes = readFileSync(file);
  // etcdctl can read it: so it will be all right.
  let status = "";
  try {
    status = etcdctl("snapshot", "status", file, "-w", "json");
  } catch {
    throw new Damaged(`${file} cannot be read`);
  }
  return { revision: JSON.parse(status).revision, bytes: bytes.length };
}

function save(file: string): { revision: number; bytes: number } {
  const next = `${file}.new`;
  try {
    etcdctl("snapshot", "save", next);
    const found = verify(next);
    const written = openSync(next, "r");
    fsyncSync(written);
    closeSync(written);
    // Only now is the one before not needed any more.
    renameSync(next, file);
    return found;
  } finally {
    for (const left of [next, `${next}.part`]) rmSync(left, { force: true });
  }
}

function restore(file: string, root: string, members: readonly string[]): void {
  verify(file);
  // Never the same again: the members of the old cluster, wherever they still are, must not take these for their own.
  const token = `restored-${randomUUID()}`;
  for (const member of members) {
    const [name = "", url = ""] = member.split(/=(.*)/);
    etcdctl(
      ...["snapshot", "restore", file, "--name", name, "--data-dir", `${root}/${name}`],
      ...["--initial-cluster", members.join(","), "--initial-cluster-token", token],
      ...["--initial-advertise-peer-urls", url],
    );
  }
}

/** How far a follower is, and in which store. */
interface Place {
  cluster: string;
  next: number;
}

async function list(client: Etcd3, prefix: string): Promise<Place> {
  const { header, kvs } = await client.getAll().prefix(prefix).exec();
  const items = Object.fromEntries(kvs.map(({ key, value }) => [String(key), String(value)]));
  const revision = Number(header.revision);
  print({ type: "list", revision, items });
  return { cluster: header.cluster_id, next: revision + 1 };
}

/** Until it breaks. Gives where to go on; undefined when there is no such place any more. */
function watch(client: Etcd3, prefix: string, { cluster, next }: Place): Promise<Place | undefined> {
  return new Promise((resolve) => {
    const watcher = client.watch().prefix(prefix).startRevision(String(next)).watcher();
    let isOver = false;
    const end = (place?: Place): void => {
      isOver = true;
      void watcher.cancel();
      resolve(place);
    };
    // The first answer to a watch says who is there: before any event, and also when there never will be one.
    watcher.on("connected", ({ header }) => {
      if (header.cluster_id !== cluster) end();
    });
    watcher.on("put", (kv) => {
      const [key, value, revision] = [String(kv.key), String(kv.value), Number(kv.mod_revision)];
      if (!isOver) print({ type: "put", key, value, revision });
    });
    watcher.on("delete", (kv) => {
      if (!isOver) print({ type: "delete", key: String(kv.key), revision: Number(kv.mod_revision) });
    });
    watcher.on("data", ({ events }) => {
      const last = events.at(-1);
      if (last) next = Number(last.kv.mod_revision) + 1;
    });
    watcher.on("disconnected", () => end({ cluster, next }));
    watcher.on("error", () => end());
  });
}

async function follow(client: Etcd3, prefix: string): Promise<never> {
  let place: Place | undefined;
  while (true) {
    try {
      place ??= await list(client, prefix);
      place = await watch(client, prefix, place);
    } catch {
      // etcd is away: it is asked until it answers.
    }
    await delay(200);
  }
}

const [verb, first = "", root = "", ...members] = process.argv.slice(2);
try {
  if (verb === "follow") await follow(new Etcd3({ hosts: endpoint }), first);
  else if (verb === "restore") restore(first, root, members);
  else print(verb === "save" ? save(first) : verify(first));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof Damaged ? 4 : 1;
}
