import { isDeepStrictEqual } from "node:util";
import { hasCode } from "@drydock/kit";
import type { Client } from "../client/client.ts";
import type { ResourceType } from "../kind.ts";
import type { KubeObject } from "../object.ts";

export type CreateOrUpdateOutcome = "created" | "updated" | "unchanged";

/**
 * Makes an object be as `change` has it: `change` is given the stored object, or `initial` when there is none, and alters it. Writes only
 * when something differs. A lost race throws API_CONFLICT or API_ALREADY_EXISTS: reconcile again.
 */
export async function createOrUpdate<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  initial: T,
  change: (object: T) => void,
): Promise<{ object: T; outcome: CreateOrUpdateOutcome }> {
  const stored = await getIfExists(client, type, initial.metadata);
  const wanted = structuredClone(stored ?? initial);
  change(wanted);
  if (stored === undefined) return { object: await client.create(type, wanted), outcome: "created" };
  if (isDeepStrictEqual(stored, wanted)) return { object: stored, outcome: "unchanged" };
  return { object: await client.update(type, wanted), outcome: "updated" };
}

/** The object, or undefined when there is none. */
export async function getIfExists<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  { namespace, name }: { namespace?: string | undefined; name: string },
  signal?: AbortSignal,
): Promise<T | undefined> {
  try {
    return await client.get(type, { namespace, name }, { signal });
  } catch (error) {
    if (hasCode(error, "API_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Calls `attempt` again, up to `tries` times, while it loses races. It must read anew each time. */
export async function retryOnConflict<R>(attempt: () => Promise<R>, tries = 5): Promise<R> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasCode(error, "API_CONFLICT") || failures >= tries) throw error;
    }
  }
}
