// fails at memory: exit code
/**
 * node limit.ts [--memory BYTES] [--pids N] [--cpu PERCENT] -- COMMAND ARG…
 *
 * Runs the command in a cgroup of its own with these limits. Ends with the command's exit code; 137 when the kernel killed a
 * process of it for memory, and "oom-killed: N" on standard error. Leaves no cgroup and no process.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";

/** cpu.max: the period, µs. */
const PERIOD = 100_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { memory: { type: "string" }, pids: { type: "string" }, cpu: { type: "string" } },
});
const cgroup = `/sys/fs/cgroup/lab-${process.pid}`;

function limit(): void {
  mkdirSync(cgroup);
  if (values.memory) {
    write("memory.max", values.memory);
    // Else the kernel swaps instead of killing, where there is swap.
    if (existsSync(`${cgroup}/memory.swap.max`)) write("memory.swap.max", "0");
  }
  if (values.pids) write("pids.max", values.pids);
  if (values.cpu) write("cpu.max", `${(Number(values.cpu) * PERIOD) / 100} ${PERIOD}`);
}

function write(file: string, value: string): void {
  writeFileSync(`${cgroup}/${file}`, value);
}

function field(file: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(readFileSync(`${cgroup}/${file}`, "utf8"))?.[1] ?? 0);
}

/** The shell moves itself and then becomes the command: no instruction of it runs outside. */
function run(command: readonly string[]): Promise<number> {
  const child = spawn("/bin/sh", ["-c", `echo $$ >${cgroup}/cgroup.procs && exec "$@"`, "sh", ...command], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) =>
    child.on("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))),
  );
}

async function remove(): Promise<void> {
  write("cgroup.kill", "1");
  while (field("cgroup.events", "populated") > 0) await delay(10);
  rmdirSync(cgroup);
}

limit();
try {
  process.exitCode = await run(positionals);
} finally {
  await remove();
}
