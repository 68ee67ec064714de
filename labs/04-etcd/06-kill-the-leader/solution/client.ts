/**
 * node client.ts add KEY COUNT NAME    adds 1 to the number in KEY, COUNT times; several run at the same time, with different NAMEs
 *                                      prints {"done": K} after each addition that is certain, and ends with 0 after COUNT of them
 *                                      the value is JSON with a field "n"; what else is in it is up to you
 * node client.ts follow PREFIX FROM    prints {"revision": R, "key": "…"} for each change below PREFIX from revision FROM on, without end:
 *                                      each once, in order, whatever happens to connections and members
 *
 * $ENDPOINTS has the addresses of all members, with commas between them; http://127.0.0.1:2379 unless stated.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Etcd3 } from "etcd3";

const PAUSE_MS = 100;
const ANSWER_MS = 2_000;
/** Without any answer for so long it is no hiccup any more. */
const GIVE_UP_MS = 60_000;

const client = new Etcd3({
  hosts: (process.env.ENDPOINTS ?? "http://127.0.0.1:2379").split(","),
  // A call without a deadline waits for ever on a member that is silent.
  defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + ANSWER_MS }),
});
const print = (value: unknown): void => console.log(JSON.stringify(value));

interface Counter {
  n: number;
  /** How many additions of each writer are in n. */
  by: Record<string, number>;
}

/** Asks until there is an answer. Only for what may be done twice. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  const since = Date.now();
  while (true) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() - since > GIVE_UP_MS) throw error;
      await delay(PAUSE_MS);
    }
  }
}

async function read(key: string): Promise<{ counter: Counter; revision: number }> {
  const [kv] = (await client.get(key).exec()).kvs;
  return { counter: kv ? JSON.parse(String(kv.value)) : { n: 0, by: {} }, revision: Number(kv?.mod_revision ?? 0) };
}

/**
 * The addition number `k` of this writer. To look and then to add may be repeated, whatever has become of the time before: the look tells whether it is there
 * already, and the condition that nothing has come between the two.
 */
async function add(key: string, name: string, k: number): Promise<void> {
  for (let isIn = false; !isIn; ) {
    isIn = await insist(async () => {
      const { counter, revision } = await read(key);
      if ((counter.by[name] ?? 0) >= k) return true;
      const next: Counter = { n: counter.n + 1, by: { ...counter.by, [name]: k } };
      const { succeeded } = await client
        .if(key, "Mod", "==", revision)
        .then(client.put(key).value(JSON.stringify(next)))
        .commit();
      return succeeded;
    });
  }
  print({ done: k });
}

/** From revision `from` on. After a break another watch goes on behind the last event: the library would go on behind the last header, which is ahead of the events while etcd catches up. */
function follow(prefix: string, from: number): void {
  let next = from;
  const watcher = client.watch().prefix(prefix).startRevision(String(next)).watcher();
  const show = (kv: { key: Buffer; mod_revision: string }): void =>
    print({ revision: Number(kv.mod_revision), key: String(kv.key) });
  watcher.on("put", show);
  watcher.on("delete", show);
  // After those of its events. A revision is never spread over two responses.
  watcher.on("data", ({ events }) => {
    const last = events.at(-1);
    if (last) next = Number(last.kv.mod_revision) + 1;
  });
  watcher.on("disconnected", () => {
    void watcher.cancel();
    setTimeout(() => follow(prefix, next), PAUSE_MS);
  });
  watcher.on("error", (error) => {
    throw error;
  });
}

const [verb, key = "", number = "", name = ""] = process.argv.slice(2);
if (verb === "follow") follow(key, Number(number));
else {
  for (let k = 1; k <= Number(number); k++) await add(key, name, k);
  client.close();
}
