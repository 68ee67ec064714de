import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "@drydock/kit";
import type { Lifecycle, Runtime } from "@drydock/runtime";
import { Command } from "commander";
import { print } from "../output/print.ts";
import { seconds } from "../parse/seconds.ts";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";

export function eventsCommand(): Command {
  return new Command("events")
    .description("print what a container uses, again and again, and when memory ran out; one JSON object a line")
    .argument("<id>", "the container")
    .option("--stats", "only what it uses now")
    .option("--interval <time>", "how often", "5s")
    .addHelpText("after", "\nExample:\n  drydock runtime events --stats c1 | jq .data.memory.usage\n")
    .action(
      reported(async (id: string, options: { stats?: boolean; interval: string }, command: Command) => {
        const runtime = openRuntime(command);
        if (options.stats) await printStats(runtime, id);
        else await follow(runtime, id, seconds(options.interval, "--interval") * 1000);
      }),
    );
}

async function printStats(runtime: Lifecycle, id: string): Promise<void> {
  const { cpu, memory, pids, blkio, hugetlb } = await runtime.stats(id);
  // The fields of runc events, in its order; those that we have nothing for are as empty as there.
  const data = { cpu, cpuset: {}, memory, pids, blkio, hugetlb, intel_rdt: {}, network_interfaces: null };
  print(JSON.stringify({ type: "stats", id, data }));
}

/** Until the container has ended. */
async function follow(runtime: Runtime & Lifecycle, id: string, intervalMs: number): Promise<void> {
  await printStats(runtime, id);
  const stop = new AbortController();
  const ended = runtime.wait(id, stop.signal).finally(() => stop.abort());
  // Told of below, when the loop is over.
  ended.catch(() => {});
  try {
    let kills = await runtime.oomKills(id);
    while (!stop.signal.aborted) {
      await delay(intervalMs, undefined, { signal: stop.signal }).catch(() => {});
      const now = await runtime.oomKills(id);
      if (now > kills) print(JSON.stringify({ type: "oom", id }));
      kills = now;
      if (!stop.signal.aborted) await printStats(runtime, id);
    }
  } catch (error) {
    // It has ended, or was deleted, in between.
    if (!hasCode(error, "RUNTIME_BAD_STATE") && !hasCode(error, "RUNTIME_NOT_FOUND")) throw error;
  } finally {
    stop.abort();
  }
}
