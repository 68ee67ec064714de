import { readFileSync } from "node:fs";

export interface NetworkInterface {
  name: string;
  /** Since the interface was made. */
  receivedBytes: number;
  sentBytes: number;
}

/** /proc/PID/net/dev: the interfaces of the network namespace that the process is in, whoever reads it. */
export function parseNetDev(text: string): NetworkInterface[] {
  return text
    .split("\n")
    .slice(2)
    .flatMap((line) => {
      // A name may hold a colon (an old alias); the one before the numbers is the last.
      const found = /^\s*(.+):\s*(\d[\d\s]*)$/.exec(line);
      if (!found) return [];
      const numbers = (found[2] as string).trim().split(/\s+/).map(Number);
      return [{ name: found[1] as string, receivedBytes: numbers[0] ?? 0, sentBytes: numbers[8] ?? 0 }];
    });
}

export function readNetDev(pid: number): NetworkInterface[] {
  return parseNetDev(readFileSync(`/proc/${pid}/net/dev`, "utf8"));
}
