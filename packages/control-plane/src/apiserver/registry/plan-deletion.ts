import type { KubeObject } from "@drydock/machinery";
import { rfc3339 } from "./create.ts";
import type { DeletionOptions } from "./delete-options.ts";
import type { Strategy } from "./strategy.ts";

/** What a delete request comes to, given the object as it is. */
export type DeletionPlan =
  | { action: "remove" }
  /** Write this: the object is marked, others finish the deletion. */
  | { action: "mark"; object: KubeObject }
  /** Already under way; nothing to write. */
  | { action: "wait" };

/** Finalizers by which the garbage collector is told what to do with dependents first. */
const orphan = "orphan";
const foreground = "foregroundDeletion";

/** Decides a deletion. Pure; follows apiserver/pkg/registry/rest/delete.go and generic/registry/store.go. */
export function planDeletion(
  old: KubeObject,
  options: DeletionOptions,
  strategy: Strategy,
  nowMs: number,
): DeletionPlan {
  const object = structuredClone(old);
  const { metadata } = object;
  const finalizers = finalizersFor(metadata.finalizers ?? [], options.propagationPolicy);
  const finalizersChange = finalizers.join() !== (metadata.finalizers ?? []).join();
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;

  const held = finalizers.length > 0 || !(strategy.mayBeRemoved?.(object) ?? true);
  const marked = metadata.deletionTimestamp !== undefined;
  const left = metadata.deletionGracePeriodSeconds ?? 0;
  if (marked && left === 0 && !held) return { action: "remove" };

  const seconds = strategy.gracePeriodSeconds?.(object, options.gracePeriodSeconds) ?? 0;
  if (marked) {
    // A period that runs may be shortened, never made longer.
    const shorter = left > 0 && options.gracePeriodSeconds !== undefined && seconds < left;
    if (!shorter) return finalizersChange ? { action: "mark", object } : { action: "wait" };
    if (seconds === 0 && !held) return { action: "remove" };
    metadata.deletionTimestamp = rfc3339(Date.parse(metadata.deletionTimestamp as string) - (left - seconds) * 1000);
    metadata.deletionGracePeriodSeconds = seconds;
    return { action: "mark", object };
  }
  if (seconds === 0 && !held) return { action: "remove" };
  metadata.deletionTimestamp = rfc3339(nowMs + seconds * 1000);
  metadata.deletionGracePeriodSeconds = seconds;
  if (metadata.generation !== undefined) metadata.generation++;
  strategy.markDeleted?.(object);
  return { action: "mark", object };
}

function finalizersFor(current: readonly string[], policy: DeletionOptions["propagationPolicy"]): string[] {
  if (policy === undefined) return [...current];
  const others = current.filter((one) => one !== orphan && one !== foreground);
  if (policy === "Orphan") return [...others, orphan];
  return policy === "Foreground" ? [...others, foreground] : others;
}
