// fails at finish: the job was never finished
/**
 * node signals.ts masks PID    prints { "blocked": [...], "ignored": [...], "caught": [...] } with names as "SIGHUP"
 * node signals.ts serve        takes jobs, one name a line on standard input, prints "done NAME" 300 ms later
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const JOB_MS = 300;
/** Some signals have two names; Node lists both. These are the ones that man 7 signal begins with. */
const aliases = ["SIGIOT", "SIGPOLL", "SIGUNUSED"];

function masks(pid: string): Record<string, string[]> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const names = (field: string): string[] => {
    const mask = BigInt(`0x${new RegExp(`^${field}:\\s+(\\w+)`, "m").exec(status)?.[1]}`);
    return Object.entries(constants.signals)
      .filter(([name, number]) => !aliases.includes(name) && (mask >> BigInt(number - 1)) & 1n)
      .map(([name]) => name);
  };
  return { blocked: names("SigBlk"), ignored: names("SigIgn"), caught: names("SigCgt") };
}

function loadConfig(): void {
  console.log(`config ${readFileSync(process.env.CONFIG ?? "/dev/null", "utf8").trim()}`);
}

async function serve(): Promise<void> {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(128 + constants.signals[signal]);
    stopping = true;
    process.exit(0);
  };
  process.on("SIGTERM", stop).on("SIGINT", stop).on("SIGHUP", loadConfig);
  loadConfig();
  console.log("ready");
  for await (const job of createInterface({ input: process.stdin })) {
    await delay(JOB_MS);
    console.log(`done ${job}`);
    if (stopping) process.exit(0);
  }
}

const [command, pid = "self"] = process.argv.slice(2);
if (command === "masks") console.log(JSON.stringify(masks(pid)));
else await serve();
