import { setTimeout as sleep } from "node:timers/promises";

/** Asks again and again until something holds; throws when it does not within `limitMs`. */
export async function until(holds: () => Promise<boolean> | boolean, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for ${holds}`);
    await sleep(25);
  }
}
