// fails at status: never made
/**
 * node controller.ts       makes the things that the store desires real, on the socket $SOCKET, until it is killed
 *
 * At most 4 at once. One that fails is tried again after 50 ms, then after twice as long each time, at most 2 s. Its status says "Ready" or "Failed".
 */
import { setTimeout as delay } from "node:timers/promises";
import { status as codes } from "@grpc/grpc-js";
import { connect, type Status, type Thing } from "./client.ts";

const WORKERS = 4;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

const world = connect(process.env.SOCKET ?? "");
/** What is desired, as far as the stream has shown it. */
let desired = new Map<string, Thing>();

/** Names to look at. Each is in it once, and with one worker at a time. */
class Queue {
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #work: (name: string) => Promise<void>;

  constructor(work: (name: string) => Promise<void>) {
    this.#work = work;
  }

  add(name: string): void {
    if (this.#working.has(name)) this.#again.add(name);
    else this.#waiting.add(name);
    this.#next();
  }

  #next(): void {
    for (const name of this.#waiting) {
      if (this.#working.size >= WORKERS) return;
      this.#waiting.delete(name);
      this.#working.add(name);
      void this.#run(name);
    }
  }

  async #run(name: string): Promise<void> {
    try {
      await this.#work(name);
      this.#failures.delete(name);
    } catch (error) {
      const failures = this.#failures.get(name) ?? 0;
      this.#failures.set(name, failures + 1);
      console.error(`${name}: ${(error as Error).message}`);
      setTimeout(() => this.add(name), Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    }
    this.#working.delete(name);
    // What came in the meantime is looked at once, however often it came.
    if (this.#again.delete(name)) this.#waiting.add(name);
    this.#next();
  }
}

/** Makes one name as it is desired now. Knows nothing of what has happened. */
async function reconcile(name: string): Promise<void> {
  const thing = desired.get(name);
  if (!thing) return world.remove(name);
  // Also our own write of a status brings us here.
  if (thing.status?.phase === "Ready" && thing.status.observedGeneration === thing.generation) return;
  const { generation, text } = thing;
  try {
    await world.make(name, text);
  } catch (error) {
    await report(name, { observedGeneration: generation, phase: "Failed", message: (error as Error).message });
    throw error;
  }
  await report(name, { observedGeneration: desired.get(name)?.generation ?? 0, phase: "Ready", message: "" });
}

async function report(name: string, status: Status): Promise<void> {
  const thing = desired.get(name);
  if (!thing || same(thing.status, status)) return;
  try {
    await world.updateStatus(name, thing.version, status);
  } catch (error) {
    // It is gone: there is nobody to tell.
    if ((error as { code?: codes }).code !== codes.NOT_FOUND) throw error;
  }
}

function same(a: Status | null, b: Status): boolean {
  return a?.phase === b.phase && a.observedGeneration === b.observedGeneration && a.message === b.message;
}

const queue = new Queue(reconcile);

/** One life of the stream. It shows what there is, and not what has gone while nobody listened: that is found by comparing. */
async function follow(): Promise<void> {
  const known = new Set([...desired.keys(), ...(await world.list())]);
  let synced = false;
  const fresh = new Map<string, Thing>();
  for await (const { type, thing } of world.watch()) {
    if (type === "SYNCED") {
      synced = true;
      desired = fresh;
      for (const name of new Set([...known, ...fresh.keys()])) queue.add(name);
    } else if (thing) {
      if (type === "PUT") fresh.set(thing.name, thing);
      else fresh.delete(thing.name);
      if (synced) queue.add(thing.name);
    }
  }
}

for (;;) {
  await follow().catch((error: Error) => console.error(`stream: ${error.message}`));
  await delay(FIRST_PAUSE_MS);
}
