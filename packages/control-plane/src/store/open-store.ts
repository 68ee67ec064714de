import { type Logger, silentLogger } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { StoreOptions } from "../etcd/connection-options.ts";
import type { EtcdClient } from "./etcd-client.ts";
import type { Store } from "./store.ts";

const TIMEOUT_MS = 5_000;

/** A client whose verbs are loaded: everything that needs gRPC. */
type Loaded = Awaited<ReturnType<typeof load>>;

/**
 * Opens the store on an etcd cluster. Returns at once; gRPC is loaded and the connection made by the first call, and an
 * etcd that is away makes calls fail with STORE_UNAVAILABLE (or wait, as long as their time limit allows), not this one.
 */
export function openStore(options: StoreOptions): Store {
  const logger = (options.logger ?? silentLogger).child({ part: "store" });
  let loading: Promise<Loaded> | undefined;
  const closing = new AbortController();

  const loaded = (): Promise<Loaded> => {
    if (closing.signal.aborted) return Promise.reject(closed());
    loading ??= load(options, logger);
    return loading;
  };

  return {
    async get(key) {
      const { verbs, reads } = await loaded();
      return reads.getKey(verbs, key);
    },
    async list(prefix, listOptions = {}) {
      const { verbs, reads } = await loaded();
      return reads.listKeys(verbs, prefix, listOptions);
    },
    async create(key, value) {
      const { verbs, writes } = await loaded();
      return writes.createKey(verbs, key, value);
    },
    async update(key, value, modRevision) {
      const { verbs, writes } = await loaded();
      return writes.updateKey(verbs, key, value, modRevision);
    },
    async delete(key, modRevision) {
      const { verbs, writes } = await loaded();
      return writes.deleteKey(verbs, key, modRevision);
    },
    watch(prefix, afterRevision, signal) {
      const state = { reconnects: 0 };
      async function* run() {
        const { verbs, client, watches } = await loaded();
        const either = AbortSignal.any([signal, closing.signal]);
        yield* watches.watchPrefix({ client, verbs, logger, state }, prefix, afterRevision, either);
        if (!signal.aborted) throw closed();
      }
      return {
        get reconnects() {
          return state.reconnects;
        },
        [Symbol.asyncIterator]: run,
      };
    },
    async compact(revision) {
      const { verbs, writes } = await loaded();
      return writes.compactHistory(verbs, revision);
    },
    async close() {
      closing.abort();
      // A client that could not be made has nothing to close; its callers have had the error.
      const client = await loading?.then(
        (parts) => parts.client,
        () => undefined,
      );
      client?.close();
    },
  };
}

function closed(): Error {
  return failure("STORE_CLOSED", "the store is closed");
}

async function load(options: StoreOptions, logger: Logger) {
  const [{ connectEtcd }, reads, writes, watches] = await Promise.all([
    import("./etcd-client.ts"),
    import("./reads.ts"),
    import("./writes.ts"),
    import("./watch/watch-prefix.ts"),
  ]);
  const client: EtcdClient = await connectEtcd(options, logger);
  const verbs = { members: client.members, timeoutMs: options.timeoutMs ?? TIMEOUT_MS };
  return { client, verbs, reads, writes, watches };
}
