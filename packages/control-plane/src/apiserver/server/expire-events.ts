import { type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import { Event, type KubeObject } from "@drydock/machinery";
import type { Registry } from "../registry/registry.ts";
import { objectKey } from "../registry/resource.ts";

/** kube-apiserver's --event-ttl. */
const keepMs = 60 * 60_000;

const roundMs = 60_000;

/**
 * Deletes Events that nothing has been added to for an hour, until the signal aborts; without this they would fill
 * etcd.
 */
export async function expireEventsForever(
  registry: Registry,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(roundMs, signal);
      await expireEvents(registry, clock.now());
    } catch (error) {
      // etcd may be away for a while; the next round does what this one could not.
      if (!signal.aborted) logger.warn({ error: messageOf(error) }, "old events could not be deleted");
    }
  }
}

/** One round; returns how many are gone. */
export async function expireEvents(registry: Registry, nowMs: number): Promise<number> {
  const resource = registry.require(Event);
  let gone = 0;
  for (const event of resource.cache.list().items) {
    if (nowMs - lastSeenMs(event) < keepMs) continue;
    const { name, namespace = "", resourceVersion } = event.metadata;
    try {
      await registry.store.delete(objectKey(resource, namespace, name), Number(resourceVersion));
      gone++;
    } catch (error) {
      // It has just been counted up, or another API server was faster.
      if (!hasCode(error, "STORE_CONFLICT", "STORE_NOT_FOUND")) throw error;
    }
  }
  return gone;
}

/** When an Event was last added to: old and new events say so in different fields. */
function lastSeenMs(object: KubeObject): number {
  const { series, lastTimestamp, eventTime, metadata } = object as Event;
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, metadata.creationTimestamp];
  return Math.max(...times.map((time) => (time ? Date.parse(time) : 0)));
}
