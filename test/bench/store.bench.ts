import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensurePki, openStore, type Store, startEtcd, startWatchCache } from "@drydock/control-plane";
import { type RawPuts, rawPuts } from "../../packages/control-plane/src/store/fixtures/raw-puts.ts";
import type { Benchmark, Figure } from "./report.ts";
import { median, percentile } from "./statistics.ts";

const WRITERS = 64;
const WRITES = 1_500;
const ROUNDS = 3;
const VALUE = Buffer.alloc(1_500, "x");
const KEYS = 10_000;
const WATCHERS = 1_000;
const EVENTS_PER_SECOND = 200;
const WATCH_SECONDS = 3;

/** The store alone, on an etcd that syncs to disk, beside the least client that can be written for it. */
const store: Benchmark = {
  name: "store",
  description: `${WRITERS} writers of 1.5 kB beside raw etcd; list of ${KEYS} keys; ${WATCHERS} watchers of one cache at ${EVENTS_PER_SECOND} events a second`,
  async run(log) {
    const directory = await mkdtemp("/var/tmp/drydock-bench-");
    const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
    const etcd = await startEtcd({ dataDir: join(directory, "etcd"), pki });
    const ours = openStore({ endpoints: etcd.endpoints, tls: etcd.clientTls });
    const raw = rawPuts(etcd.endpoints[0] as string, etcd.clientTls);
    try {
      return [...(await writes(ours, raw, log)), await lists(ours), await fanOut(ours)];
    } finally {
      raw.close();
      await ours.close();
      await etcd.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};
export default store;

/** Interleaved, so that both meet the same disk. */
async function writes(ours: Store, raw: RawPuts, log: (line: string) => void): Promise<Figure[]> {
  const rates: Record<"raw" | "create" | "update", number[]> = { raw: [], create: [], update: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const revisions: number[] = [];
    const key = (kind: string, i: number): string => `/bench/${kind}/${round}-${i}`;
    const rawRate = await rate((i) => raw.put(key("raw", i), VALUE));
    const createRate = await rate(async (i) => {
      revisions[i] = await ours.create(key("store", i), VALUE);
    });
    const updateRate = await rate(async (i) => {
      await ours.update(key("store", i), VALUE, revisions[i] as number);
    });
    if (round === 0) continue; // warms up
    rates.raw.push(rawRate);
    rates.create.push(createRate);
    rates.update.push(updateRate);
    log(
      `round ${round}: raw ${rawRate.toFixed(0)}, create ${createRate.toFixed(0)}, update ${updateRate.toFixed(0)} /s`,
    );
  }
  const peer = { name: "raw etcd put", median: median(rates.raw) };
  return (["create", "update"] as const).map((name) => ({
    name: `store ${name}s`,
    median: median(rates[name]),
    unit: "/s",
    samples: ROUNDS,
    peer,
    target: { text: "> 0.5 of raw", met: median(rates[name]) > 0.5 * peer.median },
  }));
}

/** Calls a second, with all writers at work. */
async function rate(write: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < WRITES) await write(next++);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (WRITES / (performance.now() - started)) * 1_000;
}

async function lists(ours: Store): Promise<Figure> {
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < KEYS) await ours.create(`/list/${next++}`, VALUE);
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  const samples: number[] = [];
  for (let i = 0; i < 10; i++) {
    const started = performance.now();
    const { items } = await ours.list("/list/");
    samples.push(performance.now() - started);
    if (items.length !== KEYS) throw new Error(`listed ${items.length} keys`);
  }
  return {
    name: `list of ${KEYS} keys from etcd`,
    median: median(samples),
    p99: percentile(samples, 0.99),
    unit: "ms",
    samples: 10,
  };
}

/** From the answer to a write until each watcher has its event. */
async function fanOut(ours: Store): Promise<Figure> {
  const cache = startWatchCache({
    store: ours,
    prefix: "/fan/",
    decode: (_key, value) => JSON.parse(value.toString()) as { at: number },
  });
  const stop = new AbortController();
  try {
    await cache.ready();
    const samples: number[] = [];
    const watch = async (): Promise<void> => {
      for await (const event of cache.watch({ after: "now" }, stop.signal)) {
        if (event.type !== "PROGRESS") samples.push(performance.now() - event.object.at);
      }
    };
    const watchers = Array.from({ length: WATCHERS }, watch);
    const count = EVENTS_PER_SECOND * WATCH_SECONDS;
    const started = performance.now();
    const pending: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      const due = started + (i * 1_000) / EVENTS_PER_SECOND;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      pending.push(ours.create(`/fan/${i}`, Buffer.from(JSON.stringify({ at: performance.now() }))));
    }
    const last = Math.max(...(await Promise.all(pending)));
    await cache.waitFor(last, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    stop.abort();
    await Promise.all(watchers);
    if (samples.length !== count * WATCHERS) throw new Error(`${samples.length} of ${count * WATCHERS} events arrived`);
    const p99 = percentile(samples, 0.99);
    return {
      name: `write to its delivery to ${WATCHERS} watchers`,
      median: median(samples),
      p99,
      unit: "ms",
      samples: samples.length,
      target: { text: "p99 < 100 ms", met: p99 < 100 },
    };
  } finally {
    stop.abort();
    await cache.close();
  }
}
