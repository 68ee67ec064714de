/**
 * node signals.ts masks PID    prints { "blocked": [...], "ignored": [...], "caught": [...] } with names as "SIGHUP"
 * node signals.ts serve        takes jobs, one name a line on standard input, prints "done NAME" 300 ms later
 *
 * serve reads $CONFIG at its start, prints "config TEXT" and then "ready". SIGHUP: the same file again, "config TEXT". SIGTERM and SIGINT: finish
 * the job in hand, take no other, end with 0. A second one: end at once.
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const JOB_MS = 300;

function masks(pid: string): Record<string, string[]> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const names = (field: string): string[] => {
    const mask = Number(`0x${new RegExp(`^${field}:\\s+(\\w+)`, "m").exec(status)?.[1]}`);
    return Object.entries(constants.signals)
      .filter(([, number]) => mask & (1 << number))
      .map(([name]) => name);
  };
  return { blocked: names("SigBlk"), ignored: names("SigIgn"), caught: names("SigCgt") };
}

function loadConfig(): void {
  console.log(`config ${readFileSync(process.env.CONFIG ?? "/dev/null", "utf8").trim()}`);
}

async function serve(): Promise<void> {
  loadConfig();
  console.log("ready");
  for await (const job of createInterface({ input: process.stdin })) {
    await delay(JOB_MS);
    console.log(`done ${job}`);
  }
}

const [command, pid = "self"] = process.argv.slice(2);
if (command === "masks") console.log(JSON.stringify(masks(pid)));
else await serve();
