// fails at calls: write: errors is 1, expected 0
import { readFileSync } from "node:fs";

const calls: Record<string, { count: number; errors: number }> = {};
for (const line of readFileSync(process.argv[2] ?? "", "utf8").split("\n")) {
  const name = /^\d+ +(\w+)\(/.exec(line)?.[1];
  if (!name) continue;
  const entry = calls[name] ?? { count: 0, errors: 0 };
  calls[name] = { count: entry.count + 1, errors: entry.errors + (/= -1 E/.test(line) ? 1 : 0) };
}
console.log(JSON.stringify({ calls, missing: [], processes: [] }));
