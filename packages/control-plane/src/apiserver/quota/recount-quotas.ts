import { type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import { ResourceQuota } from "@drydock/machinery";
import type { Registry } from "../registry/registry.ts";
import { recountQuota } from "./keep-quotas.ts";

const roundMs = 30_000;

/**
 * Counts quotas anew until the signal aborts: what ended without being deleted, or was lost half-way, is set right. Only
 * those that nobody has charged since the round before: what is charged may not be in the caches yet.
 */
export async function recountQuotasForever(
  registry: Registry,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let before = new Map<string, string>();
  while (!signal.aborted) {
    try {
      await clock.sleep(roundMs, signal);
      before = await recountQuiet(registry, before);
    } catch (error) {
      // etcd may be away for a while; the next round does what this one could not.
      if (!signal.aborted) logger.warn({ error: messageOf(error) }, "quotas could not be counted");
    }
  }
}

/** Counts the quotas that are as they were; returns how all are now, by revision. */
export async function recountQuiet(
  registry: Registry,
  before: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const now = new Map<string, string>();
  for (const { metadata } of registry.require(ResourceQuota).cache.list().items) {
    const { namespace = "", name, resourceVersion = "" } = metadata;
    const key = `${namespace}/${name}`;
    now.set(key, resourceVersion);
    if (before.get(key) !== resourceVersion) continue;
    try {
      await recountQuota(registry, namespace, name);
    } catch (error) {
      // Charged or gone at this moment.
      if (!hasCode(error, "STORE_CONFLICT", "STORE_NOT_FOUND", "REQUEST_NOT_FOUND")) throw error;
    }
  }
  return now;
}
