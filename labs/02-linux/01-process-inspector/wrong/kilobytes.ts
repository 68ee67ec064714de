// fails at size: that is kB
import { readFileSync } from "node:fs";

const pid = Number(process.argv[2]);
const line = readFileSync(`/proc/${pid}/stat`, "utf8");
const end = line.lastIndexOf(")");
const [state, parent] = line.slice(end + 2).split(" ");
const status = readFileSync(`/proc/${pid}/status`, "utf8");
const number = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
console.log(
  JSON.stringify({
    pid,
    name: line.slice(line.indexOf("(") + 1, end),
    state,
    parent: Number(parent),
    args: readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1),
    threads: number("Threads"),
    residentBytes: number("VmRSS"),
    files: [],
  }),
);
