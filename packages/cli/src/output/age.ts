import { humanDuration } from "@drydock/machinery";

/** How long ago an RFC 3339 time was, as kubectl shows ages; "<unknown>" without one. */
export function ageOf(timestamp: string | null | undefined, now: number): string {
  return timestamp ? humanDuration(now - Date.parse(timestamp)) : "<unknown>";
}
