// fails at interleaved: wait4: count is
/**
 * node summary.ts LOG   reads what `strace -f -o LOG …` wrote and prints
 * {
 *   "calls": { "openat": { "count": 12, "errors": 3 }, … },
 *   "missing": ["/etc/ld.so.preload", …],          openat, access, stat …: ENOENT, in the order of their first appearance
 *   "processes": [{ "pid": 42, "end": "exited 0" }, { "pid": 43, "end": "killed SIGKILL" }]     in the order of their ends
 * }
 */
import { readFileSync } from "node:fs";

interface Call {
  name: string;
  /** What stands between the parentheses, both halves of it. */
  args: string;
  error: string | undefined;
}

const calls: Record<string, { count: number; errors: number }> = {};
const missing = new Set<string>();
const processes: { pid: number; end: string }[] = [];

function finish(text: string): void {
  const call = parseCall(text);
  if (!call) return;
  calls[call.name] ??= { count: 0, errors: 0 };
  const entry = calls[call.name];
  if (!entry) return;
  entry.count += 1;
  if (call.error) entry.errors += 1;
  const path = /"((?:[^"\\]|\\.)*)"/.exec(call.args)?.[1];
  if (call.error === "ENOENT" && path) missing.add(path);
}

/** name(args) = result [error …] — an argument may look like a result: the last one counts. */
function parseCall(text: string): Call | undefined {
  const name = /^(\w+)\(/.exec(text)?.[1];
  // strace aligns results, so there may be several spaces.
  const end = [...text.matchAll(/\)\s+= /g)].at(-1)?.index;
  if (!name || end === undefined) return undefined;
  return { name, args: text.slice(name.length + 1, end), error: /^\)\s+= -1 (E\w+)/.exec(text.slice(end))?.[1] };
}

for (const line of readFileSync(process.argv[2] ?? "", "utf8").split("\n")) {
  const [, pidText = "", text = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
  const pid = Number(pidText);
  const ended = /^\+\+\+ (exited with|killed by) (\w+)/.exec(text);
  if (ended) processes.push({ pid, end: `${ended[1] === "killed by" ? "killed" : "exited"} ${ended[2]}` });
  else finish(text);
}
console.log(JSON.stringify({ calls, missing: [...missing], processes }, null, 2));
