/** Tells what the kernel knows of one process: `node inspect.ts PID` prints one JSON object. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

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

const GONE = 3;

function inspect(pid: number): Inspection {
  return { ...identity(pid), args: args(pid), ...size(pid), files: files(pid) };
}

/** The name may hold spaces and parentheses: it ends at the last one of the line. */
function identity(pid: number): Pick<Inspection, "pid" | "name" | "state" | "parent"> {
  const line = readFileSync(`/proc/${pid}/stat`, "utf8");
  const end = line.lastIndexOf(")");
  const [state = "", parent] = line.slice(end + 2).split(" ");
  return { pid, name: line.slice(line.indexOf("(") + 1, end), state, parent: Number(parent) };
}

/** Each ends with a zero byte. A zombie and a kernel thread have none. */
function args(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
}

function size(pid: number): Pick<Inspection, "threads" | "residentBytes"> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return { threads: number("Threads"), residentBytes: number("VmRSS") * 1024 };
}

function files(pid: number): Inspection["files"] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [{ fd: Number(fd), target: readlinkSync(`/proc/${pid}/fd/${fd}`) }];
    } catch {
      // Closed since we read the directory.
      return [];
    }
  });
}

const pid = Number(process.argv[2]);
try {
  console.log(JSON.stringify(inspect(pid), null, 2));
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code;
  // ESRCH: it ended between open and read.
  if (code !== "ENOENT" && code !== "ESRCH") throw error;
  console.error(`no process ${pid}`);
  process.exitCode = GONE;
}
