/**
 * node nsdiff.ts PID              { "net": 4026531840, "pid": …, … }, every namespace that PID is in
 * node nsdiff.ts A B              ["net", "uts"], the kinds in which A and B differ, in alphabetical order
 * node nsdiff.ts --who KIND PID   [1, 42, …], every process in PID's namespace of this kind
 * node nsdiff.ts --pids PID       [4711, 1], PID's number in each pid namespace, outermost first
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

function namespaces(pid: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const kind of readdirSync(`/proc/${pid}/ns`)) {
    // Those are for children that do not exist yet.
    if (!kind.endsWith("_for_children")) found[kind] = namespace(pid, kind);
  }
  return found;
}

/** net:[4026531840] */
function namespace(pid: string, kind: string): number {
  return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/${kind}`))?.[1]);
}

function differing(a: string, b: string): string[] {
  const [first, second] = [namespaces(a), namespaces(b)];
  return Object.keys(first)
    .filter((kind) => first[kind] !== second[kind])
    .sort();
}

function members(kind: string, pid: string): number[] {
  const wanted = namespace(pid, kind);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return namespace(name, kind) === wanted;
      } catch {
        // It has ended since we read the directory, or is not ours to look at.
        return false;
      }
    })
    .map(Number)
    .sort((x, y) => x - y);
}

function pids(pid: string): number[] {
  const line = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  return line.split(/\s+/).map(Number);
}

function run([first = "self", second = "", third = ""]: string[]): unknown {
  if (first === "--who") return members(second, third);
  if (first === "--pids") return pids(second);
  return second ? differing(first, second) : namespaces(first);
}

const words = process.argv.slice(2);
try {
  console.log(JSON.stringify(run(words)));
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  console.error(`no such process among ${words.join(" ")}`);
  process.exitCode = 3;
}
