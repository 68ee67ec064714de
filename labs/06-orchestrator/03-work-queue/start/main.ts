/**
 * node main.ts      plays with your queue: one command a line from standard input, as `add a`, `take`, `done a`, `after a 200`, `limited a`, `forget a`, `shutdown`.
 * Time stands still but for `tick 200`, which lets 200 ms pass: for setTimeout and Date.now.
 * Prints "took KEY" (or "took nothing") when a take is answered. Nothing is to be changed in this file.
 */
import { createInterface } from "node:readline";
import { mock } from "node:test";
import { WorkQueue } from "./queue.ts";

mock.timers.enable({ apis: ["setTimeout", "Date"] });
const queue = new WorkQueue({ initialMs: 40, maxMs: 300 });
for await (const line of createInterface({ input: process.stdin })) {
  const [command, key = "", ms = "0"] = line.split(" ");
  if (command === "add") queue.add(key);
  if (command === "done") queue.done(key);
  if (command === "after") queue.addAfter(key, Number(ms));
  if (command === "limited") queue.addRateLimited(key);
  if (command === "forget") queue.forget(key);
  if (command === "tick") mock.timers.tick(Number(key));
  if (command === "shutdown") queue.shutDown();
  if (command === "take") void queue.take().then((taken) => console.log(`took ${taken ?? "nothing"}`));
  // Every command has been carried out, promises and all, when its name is printed.
  await new Promise((resolve) => setImmediate(resolve));
  console.log(`did ${line}`);
}
