import { openStore, type Store, type StoreEvent } from "@drydock/control-plane";
import { hasCode } from "@drydock/kit";
import { ConfigMap, Namespace } from "@drydock/machinery";
import type { Teardown } from "../../packages/control-plane/src/etcd/fixtures/temporary-etcd.ts";
import { violations } from "./check.ts";
import { namespace, Recorder, watch, work } from "./clients.ts";
import { startCluster } from "./cluster.ts";
import { type Fault, faultPlan } from "./fault-plan.ts";
import type { StoredEvent } from "./history.ts";

export interface ChaosOptions {
  seed: number;
  lengthMs: number;
  servers: number;
  workers: number;
  watchers: number;
  /** Told of each fault as it happens. */
  log?: (line: string) => void;
}

export interface ChaosResult {
  violations: string[];
  /** Acknowledged or refused requests, and events that watchers were given. */
  operations: number;
  seconds: number;
  faults: Fault[];
  counts: {
    commits: number;
    writes: number;
    unknown: number;
    reads: number;
    lists: number;
    segments: number;
    seen: number;
  };
}

const prefix = `/registry/configmaps/${namespace}/`;
const pauseMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/**
 * Clients write, read, list and watch while the cluster suffers by plan; then everything that they saw is held against what etcd has recorded. A record of etcd's own comes
 * from a watch past all proxies and servers, and is itself checked to be without gaps.
 */
export async function runChaos(t: Teardown, options: ChaosOptions): Promise<ChaosResult> {
  const { seed, lengthMs, servers, workers, watchers, log = () => {} } = options;
  const cluster = await startCluster(t, servers);
  const { etcd } = cluster;
  const store = openStore({ endpoints: etcd.endpoints, tls: etcd.tls });
  t.teardown(() => store.close());
  const clients = cluster.clients();
  const [first] = clients;
  if (!first) throw new Error("there is no API server");
  await first.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const record = await startRecord(t, store);

  const recorder = new Recorder();
  const stopWork = new AbortController();
  const stopWatches = new AbortController();
  t.teardown(() => {
    stopWork.abort();
    stopWatches.abort();
  });
  const started = performance.now();
  const common = { clients, recorder };
  const working = Array.from({ length: workers }, (_, i) =>
    work(`w${i}`, { ...common, seed: seed * 1000 + i, signal: stopWork.signal }),
  );
  const watching = Array.from({ length: watchers }, (_, i) =>
    watch(`watcher-${i}`, i % 2 === 0, { ...common, seed: seed * 1000 + 500 + i, signal: stopWatches.signal }),
  );
  const all = Promise.all([...working, ...watching]);
  // Its failure is that of whoever waits for the faults.
  all.catch(() => {});

  const faults = faultPlan(seed, lengthMs, etcd.members.length, servers);
  const suffering = (async () => {
    for (const fault of faults) {
      await pauseMs(started + fault.at - performance.now());
      // The run has failed meanwhile: what is left would only be in the way.
      if (stopWork.signal.aborted) return;
      log(`${((performance.now() - started) / 1000).toFixed(1)} s ${JSON.stringify(fault)}`);
      await cluster.suffer(fault, () => compact(store, record));
    }
    await pauseMs(started + lengthMs - performance.now());
  })();
  await Promise.race([suffering, all]);
  const seconds = (performance.now() - started) / 1000;
  const { operations } = recorder;
  stopWork.abort();
  await Promise.all(working);

  // What nobody may miss: an object of the end, which every watcher must come to see.
  const last = await writeLast(clients[0] as typeof first);
  recorder.writes.push({
    verb: "create",
    name: "last",
    value: "last",
    revision: last,
    outcome: "done",
    start: 0,
    end: Number.POSITIVE_INFINITY,
  });
  await until("every watcher has seen the end", () =>
    Array.from({ length: watchers }, (_, i) => `watcher-${i}`).every((id) =>
      recorder.segments.some(
        ({ watcher, seen, after }) =>
          watcher === id && (after >= last || seen.some(({ revision }) => revision >= last)),
      ),
    ),
  );
  await until("the record has come to the end", () => {
    if (record.failure) throw record.failure;
    return (record.events.at(-1)?.revision ?? 0) >= last;
  });
  stopWatches.abort();
  await Promise.all(watching);

  const { writes, reads, lists, segments } = recorder;
  return {
    violations: violations({ events: record.events, writes, reads, lists, segments }),
    operations,
    seconds,
    faults,
    counts: {
      commits: record.events.length,
      writes: writes.length,
      unknown: writes.filter(({ outcome }) => outcome === "unknown").length,
      reads: reads.length,
      lists: lists.length,
      segments: segments.length,
      seen: segments.reduce((sum, { seen }) => sum + seen.length, 0),
    },
  };
}

interface Reference {
  events: StoredEvent[];
  reached: number;
  failure?: unknown;
}

async function startRecord(t: Teardown, store: Store): Promise<Reference> {
  const { revision } = await store.list(prefix);
  const record: Reference = { events: [], reached: revision };
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const follow = async (): Promise<void> => {
    for await (const batch of store.watch(prefix, revision, stop.signal)) {
      for (const event of batch.events) record.events.push(storedEvent(event));
      record.reached = batch.revision;
    }
  };
  follow().catch((error: unknown) => {
    record.failure = error;
  });
  return record;
}

function storedEvent(event: StoreEvent): StoredEvent {
  const { key, revision, type, previousRevision } = event;
  const value = type === "put" ? (JSON.parse(event.value.toString("utf8")) as ConfigMap).data?.value : undefined;
  return {
    revision,
    type,
    name: key.slice(prefix.length),
    created: type === "put" && event.createRevision === revision,
    ...(value === undefined ? {} : { value }),
    ...(previousRevision === undefined ? {} : { previousRevision }),
  };
}

/** As far as the record has come, so that it misses nothing itself. */
async function compact(store: Store, record: Reference): Promise<void> {
  try {
    await store.compact(record.reached);
  } catch (error) {
    // No majority at this moment, or nothing new since the last time.
    if (!hasCode(error, "STORE_UNAVAILABLE", "STORE_COMPACTED", "STORE_REFUSED")) throw error;
  }
}

async function writeLast(client: Parameters<typeof work>[1]["clients"][number]): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    try {
      const object = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "last", namespace },
        data: { value: "last" },
      };
      return Number((await client.create(ConfigMap, object)).metadata.resourceVersion);
    } catch (error) {
      if (hasCode(error, "API_ALREADY_EXISTS")) {
        return Number((await client.get(ConfigMap, { namespace, name: "last" })).metadata.resourceVersion);
      }
      if (!hasCode(error, "API_UNAVAILABLE") || attempt > 300) throw error;
      await pauseMs(100);
    }
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 120_000; !holds(); await pauseMs(50)) {
    if (Date.now() > end) throw new Error(`waited two minutes until ${what}`);
  }
}
