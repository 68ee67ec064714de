import { hasCode } from "@drydock/kit";
import { type Client, ConfigMap } from "@drydock/machinery";
import type { Listing, Read, Segment, Write } from "./history.ts";
import { pick, randomFrom } from "./random.ts";

export const namespace = "chaos";

/** What clients write down of what they did. */
export class Recorder {
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  readonly lists: Listing[] = [];
  readonly segments: Segment[] = [];
  /** Requests that ended with an answer, good or bad. */
  operations = 0;
}

interface Options {
  /** One for each API server; each request goes to any of them. */
  clients: readonly Client[];
  recorder: Recorder;
  seed: number;
  /** Ends the work. */
  signal: AbortSignal;
}

/** Objects that all writers fight over. */
const names = Array.from({ length: 24 }, (_, i) => `o-${i}`);
/** A page of a list holds so many, so that every list has several. */
const page = 7;
const pauseMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** One client that writes, reads and lists, one request after another. */
export async function work(id: string, { clients, recorder, seed, signal }: Options): Promise<void> {
  const random = randomFrom(seed);
  /** What it saw last of each object, to write upon. */
  const known = new Map<string, ConfigMap>();
  for (let n = 0; !signal.aborted; n++) {
    const client = pick(random, clients);
    const name = pick(random, names);
    const value = `${id}-${n}`;
    const dice = random();
    const seen = known.get(name);
    if (dice < 0.45) {
      if (seen === undefined)
        await write(recorder, known, { verb: "create", name, value }, () =>
          client.create(ConfigMap, object(name, value)),
        );
      else
        await write(recorder, known, { verb: "update", name, value, base: revisionOf(seen) }, () =>
          client.update(ConfigMap, { ...seen, data: { value } }),
        );
    } else if (dice < 0.5 && seen !== undefined) {
      const { uid = "", resourceVersion = "" } = seen.metadata;
      await write(recorder, known, { verb: "delete", name, base: revisionOf(seen) }, () =>
        client
          .delete(ConfigMap, { namespace, name }, { preconditions: { uid, resourceVersion } })
          .then(() => undefined),
      );
    } else if (dice < 0.85) {
      await read(recorder, known, client, name);
    } else {
      await list(recorder, client, dice < 0.92);
    }
    // A server that has just been killed is not to be asked a thousand times a second.
    if (recorder.operations % 50 === 0) await pauseMs(1);
  }
}

type Attempt = Pick<Write, "verb" | "name" | "value" | "base">;

async function write(
  recorder: Recorder,
  known: Map<string, ConfigMap>,
  attempt: Attempt,
  request: () => Promise<ConfigMap | undefined>,
): Promise<void> {
  const start = performance.now();
  const finish = (outcome: Write["outcome"], revision?: number): void => {
    recorder.operations++;
    recorder.writes.push({
      ...attempt,
      outcome,
      start,
      end: performance.now(),
      ...(revision === undefined ? {} : { revision }),
    });
  };
  known.delete(attempt.name);
  try {
    const stored = await request();
    if (stored) known.set(attempt.name, stored);
    finish("done", stored && revisionOf(stored));
  } catch (error) {
    const refused = hasCode(error, "API_CONFLICT", "API_ALREADY_EXISTS", "API_NOT_FOUND", "API_TOO_MANY_REQUESTS");
    if (!refused && !isAway(error)) throw error;
    finish(refused ? "refused" : "unknown");
    if (!refused) await pauseMs(20);
  }
}

async function read(recorder: Recorder, known: Map<string, ConfigMap>, client: Client, name: string): Promise<void> {
  const start = performance.now();
  try {
    const found = await client.get(ConfigMap, { namespace, name });
    known.set(name, found);
    recorder.reads.push({ name, revision: revisionOf(found), value: textOf(found), start, end: performance.now() });
    recorder.operations++;
  } catch (error) {
    if (hasCode(error, "API_NOT_FOUND")) {
      known.delete(name);
      recorder.reads.push({ name, start, end: performance.now() });
      recorder.operations++;
    } else await lost(error);
  }
}

async function list(recorder: Recorder, client: Client, latest: boolean): Promise<void> {
  const start = performance.now();
  const objects: Listing["objects"] extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never = new Map();
  try {
    let revision = 0;
    let next: string | undefined;
    do {
      const answer = await client.list(ConfigMap, {
        namespace,
        ...(latest ? { limit: page, continue: next } : { resourceVersion: "0" }),
      });
      revision = Number(answer.metadata.resourceVersion);
      for (const item of answer.items)
        objects.set(item.metadata.name, { revision: revisionOf(item), value: textOf(item) });
      next = answer.metadata.continue;
    } while (next !== undefined);
    recorder.lists.push({ revision, latest, objects, start, end: performance.now() });
    recorder.operations++;
  } catch (error) {
    // The snapshot of the first page was compacted.
    if (!hasCode(error, "API_EXPIRED")) await lost(error);
  }
}

/** One client that watches: it goes on where it was after each break, and lists again only when it is told that history is gone. */
export async function watch(
  id: string,
  bookmarks: boolean,
  { clients, recorder, seed, signal }: Options,
): Promise<void> {
  const random = randomFrom(seed);
  while (!signal.aborted) {
    const segment = await begin(id, recorder, pick(random, clients), signal);
    if (!segment) continue;
    for (let reached = segment.after; !signal.aborted; reached = segment.seen.at(-1)?.revision ?? reached) {
      const impatient = AbortSignal.any([signal, AbortSignal.timeout(Math.round(500 + random() * 8_000))]);
      try {
        const options = {
          namespace,
          resourceVersion: String(reached),
          allowWatchBookmarks: bookmarks,
          signal: impatient,
        };
        for await (const event of pick(random, clients).watch(ConfigMap, options)) {
          const revision = Number(event.object.metadata.resourceVersion);
          if (event.type === "BOOKMARK") segment.seen.push({ type: "BOOKMARK", revision });
          else {
            segment.seen.push({
              type: event.type,
              name: event.object.metadata.name,
              revision,
              value: textOf(event.object),
            });
            recorder.operations++;
          }
        }
      } catch (error) {
        if (hasCode(error, "API_EXPIRED")) break;
        if (!impatient.aborted) await lost(error);
      }
    }
  }
}

async function begin(
  id: string,
  recorder: Recorder,
  client: Client,
  signal: AbortSignal,
): Promise<Segment | undefined> {
  try {
    const { metadata } = await client.list(ConfigMap, { namespace, signal });
    const segment: Segment = { watcher: id, after: Number(metadata.resourceVersion), seen: [] };
    recorder.segments.push(segment);
    return segment;
  } catch (error) {
    if (!signal.aborted) await lost(error);
    return undefined;
  }
}

/** A request that had no answer: the cluster suffers. Anything else is a failure of the run. */
async function lost(error: unknown): Promise<void> {
  if (!isAway(error)) throw error;
  await pauseMs(20);
}

function isAway(error: unknown): boolean {
  return hasCode(error, "API_UNAVAILABLE", "API_TOO_MANY_REQUESTS", "API_WATCH_IDLE");
}

function object(name: string, value: string): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { value } };
}

function revisionOf({ metadata }: ConfigMap): number {
  return Number(metadata.resourceVersion);
}

function textOf({ data }: ConfigMap): string {
  return data?.value ?? "";
}
