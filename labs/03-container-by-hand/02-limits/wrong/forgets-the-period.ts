// fails at update: expected
/**
 * node limits.ts run ID FILE -- COMMAND ARG…   runs the command in the cgroup /sys/fs/cgroup/labs/ID with the limits in FILE
 * node limits.ts update ID FILE                changes those that FILE has, and no others
 * node limits.ts pause ID | resume ID
 * node limits.ts kill ID                       ends all that is in it; run then ends, too, with 137
 *
 * FILE is `linux.resources` of an OCI configuration (config.json):
 *   { "memory": { "limit": BYTES, "reservation": BYTES, "swap": BYTES },
 *     "pids": { "limit": N }, "cpu": { "quota": MICROSECONDS, "period": MICROSECONDS } }
 * All may be missing; -1 is "no limit"; swap is memory and swap together.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

interface Resources {
  memory?: { limit?: number; reservation?: number; swap?: number };
  pids?: { limit?: number };
  cpu?: { quota?: number; period?: number };
}

const root = "/sys/fs/cgroup/labs";
const CPU_PERIOD = 100_000;

/** A directory has the files of those controllers that the one above hands on. */
function make(cgroup: string): void {
  mkdirSync(cgroup, { recursive: true });
  writeFileSync(`${root}/cgroup.subtree_control`, "+cpu +memory +pids");
}

/** The shell moves itself, makes what it is in the root that it sees, and becomes the command. */
function start(cgroup: string, command: readonly string[]): Promise<number> {
  const script = `echo $$ >${cgroup}/cgroup.procs && exec unshare --cgroup -- "$@"`;
  const child = spawn("/bin/sh", ["-c", script, "sh", ...command], { stdio: "inherit" });
  return new Promise((resolve) =>
    child.on("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))),
  );
}

async function run(id: string, resources: Resources, command: readonly string[]): Promise<void> {
  const cgroup = `${root}/${id}`;
  make(cgroup);
  try {
    limit(cgroup, resources);
    process.exitCode = await start(cgroup, command);
  } finally {
    writeFileSync(`${cgroup}/cgroup.kill`, "1");
    await until(cgroup, "populated 0");
    rmdirSync(cgroup);
  }
}

function limit(cgroup: string, { memory = {}, pids = {}, cpu = {} }: Resources): void {
  const write = (file: string, value: string): void => writeFileSync(`${cgroup}/${file}`, value);
  const orMax = (value: number): string => (value < 0 ? "max" : String(value));
  if (memory.limit !== undefined) write("memory.max", orMax(memory.limit));
  if (memory.reservation !== undefined) write("memory.low", orMax(memory.reservation));
  if (memory.swap !== undefined && existsSync(`${cgroup}/memory.swap.max`)) {
    write("memory.swap.max", memory.swap < 0 ? "max" : String(memory.swap - (memory.limit ?? 0)));
  }
  if (pids.limit !== undefined) write("pids.max", orMax(pids.limit));
  if (cpu.quota !== undefined || cpu.period !== undefined) {
    write("cpu.max", `${orMax(cpu.quota ?? -1)} ${cpu.period ?? CPU_PERIOD}`);
  }
}

/** Until cgroup.events has this line: both "frozen" and "populated" come some time after the write. */
async function until(cgroup: string, line: string): Promise<void> {
  while (!readFileSync(`${cgroup}/cgroup.events`, "utf8").split("\n").includes(line)) await delay(5);
}

async function freeze(id: string, value: 0 | 1): Promise<void> {
  writeFileSync(`${root}/${id}/cgroup.freeze`, String(value));
  await until(`${root}/${id}`, `frozen ${value}`);
}

const [verb, id = "", file = "", ...rest] = process.argv.slice(2);
const resources = (): Resources => JSON.parse(readFileSync(file, "utf8"));
if (verb === "run") await run(id, resources(), rest.slice(1));
else if (verb === "update") limit(`${root}/${id}`, resources());
else if (verb === "pause") await freeze(id, 1);
else if (verb === "resume") await freeze(id, 0);
else if (verb === "kill") writeFileSync(`${root}/${id}/cgroup.kill`, "1");
else throw new Error(`no such command: ${verb}`);
