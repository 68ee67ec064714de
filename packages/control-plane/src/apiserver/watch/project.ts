import type { KubeObject } from "@drydock/machinery";
import type { CacheChange } from "../../store/cache/cache-event.ts";
import { withRevision } from "../registry/codec.ts";
import type { Selection } from "../registry/selection.ts";

/** A change as one watcher sees it. */
export interface WatchChange {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: KubeObject;
}

/**
 * What a change is to a watcher with this selection: an object that begins to match is ADDED, one that stops is DELETED
 * (in its last matching state, with the revision of the change), whatever happened to it in the store.
 */
export function projectChange(event: CacheChange<KubeObject>, selection: Selection): WatchChange | undefined {
  const { previous } = event;
  const was = previous !== undefined && selection.matches(previous);
  const is = event.type !== "DELETED" && selection.matches(event.object);
  if (is) return { type: was ? "MODIFIED" : "ADDED", object: event.object };
  return was ? { type: "DELETED", object: withRevision(previous, event.revision) } : undefined;
}
