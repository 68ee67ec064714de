import type { ObjectReference } from "../kinds/object-reference.ts";

export interface Observation {
  object: ObjectReference;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** What to write for one observation: a new Event, or a higher count on the one that `key` stands for. */
export interface Aggregated {
  key: string;
  message: string;
  count: number;
}

/** So many different messages with one reason within the window, and further ones are written as one event. */
const SIMILAR_LIMIT = 10;
const SIMILAR_WINDOW_MS = 600_000;
/** Least recently seen ones are forgotten: if they come again they are new events. */
const REMEMBERED = 4096;

/**
 * Decides which observations are the same event, as client-go's EventCorrelator does (tools/record/events_cache.go): equal ones
 * raise the count of the first; many that differ only in their message (a name, a time) are combined. Pure but for its memory.
 */
export class EventAggregator {
  readonly #counts = new Map<string, number>();
  readonly #similar = new Map<string, { messages: Set<string>; last: number }>();

  add(observation: Observation, now: number): Aggregated {
    const { object, type, reason } = observation;
    const group = [object.kind, object.namespace, object.name, object.uid, object.fieldPath, type, reason].join("\n");
    const similar = this.#similarOf(group, now);
    similar.last = now;
    const isCombined = similar.messages.size >= SIMILAR_LIMIT && !similar.messages.has(observation.message);
    if (!isCombined) similar.messages.add(observation.message);
    const message = isCombined ? `(combined from similar events): ${observation.message}` : observation.message;
    const key = isCombined ? group : `${group}\n${observation.message}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    remember(this.#counts, key, count);
    return { key, message, count };
  }

  /** The event of this key is gone (they are kept for a limited time): the next one is new. */
  forget(key: string): void {
    this.#counts.delete(key);
  }

  #similarOf(group: string, now: number): { messages: Set<string>; last: number } {
    const known = this.#similar.get(group);
    const isCurrent = known !== undefined && now - known.last <= SIMILAR_WINDOW_MS;
    const similar = isCurrent ? known : { messages: new Set<string>(), last: now };
    remember(this.#similar, group, similar);
    return similar;
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
