// fails at inside: expected
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";

const cgroup = `/sys/fs/cgroup/lab-${process.pid}`;
mkdirSync(cgroup);
const [file = "true", ...args] = process.argv.slice(process.argv.indexOf("--") + 1);
const child = spawn(file, args, { stdio: "inherit" });
setTimeout(() => writeFileSync(`${cgroup}/cgroup.procs`, String(child.pid)), 200);
child.on("exit", (code) => process.exit(code ?? 1));
