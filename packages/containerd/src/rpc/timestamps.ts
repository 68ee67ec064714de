import type { Timestamp } from "../api/common.ts";

/** ISO 8601 with milliseconds; undefined for "never", which Go's zero time also means. */
export function isoTime(timestamp: Timestamp | null | undefined): string | undefined {
  if (!timestamp || timestamp.seconds <= 0) return undefined;
  return new Date(timestamp.seconds * 1000 + Math.floor(timestamp.nanos / 1_000_000)).toISOString();
}
