import type { CheckEvent } from "./verdict.ts";

/** The events in what a check has written; lines that are none (a library that prints) are left out. Pure. */
export function parseEvents(text: string): CheckEvent[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith('{"type":')) return [];
    try {
      return [JSON.parse(line) as CheckEvent];
    } catch {
      // The end of a process that was killed in the middle of a line.
      return [];
    }
  });
}
