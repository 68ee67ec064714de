/** Whether an item may be stored. Given; takes $ADMIT_MS, as a policy server would. Nothing to do here. */
import { setTimeout as delay } from "node:timers/promises";
import type { Item } from "./types.ts";

export async function admit(item: Item, signal?: AbortSignal): Promise<void> {
  if (item.fields.policy === "down") throw new Error("policy server 10.0.0.7:8181: connection refused");
  try {
    await delay(Number(process.env.ADMIT_MS ?? 0), undefined, { signal });
  } catch (error) {
    console.log(`cancelled ${item.name}`);
    throw error;
  }
  console.log(`admitted ${item.name}`);
}
