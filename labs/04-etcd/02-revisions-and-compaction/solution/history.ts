/**
 * node history.ts at REVISION KEY      {"value": "…", "revision": N}, as it was at REVISION; N is that of its last change before
 *                                      exit code 3: no such key then; 4: that revision is compacted; 5: it is still to come
 * node history.ts log KEY              {"versions": [{"revision": N, "value": "…"}, …], "complete": true}, newest first, back to the creation of the key
 *                                      "complete": false when compaction has taken the older ones; exit code 3: no such key
 * node history.ts mirror PREFIX FILE   keeps FILE as {"revision": N, "items": {"KEY": "VALUE", …}} of all below PREFIX, without end
 *
 * etcd is at $ENDPOINT, http://127.0.0.1:2379 unless stated.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Etcd3 } from "etcd3";

interface State {
  revision: number;
  items: Record<string, string>;
}

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
const print = (value: unknown): void => console.log(JSON.stringify(value));

/** The key as it was at this revision; 0 is now. */
async function read(key: string, revision: number) {
  const [kv] = (await client.get(key).revision(revision).exec()).kvs;
  return kv && { value: String(kv.value), revision: Number(kv.mod_revision), version: Number(kv.version) };
}

function isCompacted(error: unknown): boolean {
  return String(error).includes("has been compacted");
}

async function at(revision: number, key: string): Promise<number> {
  try {
    const found = await read(key, revision);
    if (!found) return 3;
    print({ value: found.value, revision: found.revision });
    return 0;
  } catch (error) {
    if (isCompacted(error)) return 4;
    if (String(error).includes("future revision")) return 5;
    throw error;
  }
}

async function log(key: string): Promise<number> {
  const versions: { revision: number; value: string }[] = [];
  let version = await read(key, 0);
  if (!version) return 3;
  while (version) {
    versions.push({ revision: version.revision, value: version.value });
    if (version.version === 1) break;
    try {
      version = await read(key, version.revision - 1);
    } catch (error) {
      if (!isCompacted(error)) throw error;
      break;
    }
  }
  print({ versions, complete: version?.version === 1 });
  return 0;
}

/** In one step, so that nobody sees half of it, a successor of ours after a crash least of all. */
function save(file: string, state: State): void {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

async function list(prefix: string): Promise<State> {
  const { header, kvs } = await client.getAll().prefix(prefix).exec();
  const items = Object.fromEntries(kvs.map(({ key, value }) => [String(key), String(value)]));
  return { revision: Number(header.revision), items };
}

/** Returns when the watch cannot go on: its history is gone. */
function follow(prefix: string, file: string, state: State): Promise<void> {
  return new Promise((resolve) => {
    const watcher = client
      .watch()
      .prefix(prefix)
      .startRevision(String(state.revision + 1))
      .watcher();
    watcher.on("put", (kv) => {
      state.items[String(kv.key)] = String(kv.value);
      state.revision = Number(kv.mod_revision);
    });
    watcher.on("delete", (kv) => {
      delete state.items[String(kv.key)];
      state.revision = Number(kv.mod_revision);
    });
    // After those of its events: a revision with several changes is saved as a whole.
    watcher.on("data", ({ events }) => {
      if (events.length > 0) save(file, state);
    });
    watcher.on("error", () => resolve());
  });
}

async function mirror(prefix: string, file: string): Promise<never> {
  let state: State | undefined = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  while (true) {
    if (!state) {
      state = await list(prefix);
      save(file, state);
    }
    await follow(prefix, file, state);
    state = undefined;
  }
}

const [verb, first = "", second = ""] = process.argv.slice(2);
if (verb === "mirror") await mirror(first, second);
process.exitCode = await (verb === "at" ? at(Number(first), second) : log(first));
client.close();
