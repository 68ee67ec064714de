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
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";

interface Resources {
  memory?: { limit?: number; reservation?: number; swap?: number };
  pids?: { limit?: number };
  cpu?: { quota?: number; period?: number };
}

const root = "/sys/fs/cgroup/labs";

function run(id: string, file: string, command: readonly string[]): void {
  const cgroup = `${root}/${id}`;
  mkdirSync(cgroup, { recursive: true });
  const [program = "true", ...args] = command;
  const child = spawn(program, args, { stdio: "inherit" });
  writeFileSync(`${cgroup}/cgroup.procs`, String(child.pid));
  limit(cgroup, JSON.parse(readFileSync(file, "utf8")));
  child.on("exit", (code) => {
    rmdirSync(cgroup);
    process.exitCode = code ?? 1;
  });
}

function limit(_cgroup: string, _resources: Resources): void {
  // Which file is which field?
}

const [verb, id = "", file = "", ...rest] = process.argv.slice(2);
if (verb === "run") run(id, file, rest.slice(1));
else throw new Error(`${verb} is not there yet`);
