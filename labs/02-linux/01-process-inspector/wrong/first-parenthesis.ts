// fails at identity: name is
import { readFileSync } from "node:fs";

const pid = Number(process.argv[2]);
const [, name, rest = ""] = /\((.*?)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
const [state, parent] = rest.split(" ");
console.log(
  JSON.stringify({ pid, name, state, parent: Number(parent), args: [], threads: 1, residentBytes: 0, files: [] }),
);
