import { readFileSync } from "node:fs";

/**
 * The arguments of a process (/proc/PID/cmdline): NUL after each. Empty for kernel threads and zombies. A program may have written anything over
 * its arguments, so the last NUL may be missing.
 */
export function parseCmdline(text: string): string[] {
  if (text === "") return [];
  const args = text.split("\0");
  if (args.at(-1) === "") args.pop();
  // setproctitle(3) leaves its title and then NULs up to the end of what were arguments once. One empty argument is one.
  const last = args.findLastIndex((arg) => arg !== "");
  return args.length - last > 2 ? args.slice(0, last + 1) : args;
}

export function readCmdline(pid: number): string[] {
  return parseCmdline(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
}
