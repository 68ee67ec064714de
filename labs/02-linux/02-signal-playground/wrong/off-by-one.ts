// fails at masks: expected
import { readFileSync } from "node:fs";
import { constants } from "node:os";

const status = readFileSync(`/proc/${process.argv[3]}/status`, "utf8");
const names = (field: string): string[] => {
  const mask = BigInt(`0x${new RegExp(`^${field}:\\s+(\\w+)`, "m").exec(status)?.[1]}`);
  return Object.entries(constants.signals)
    .filter(([, number]) => (mask >> BigInt(number)) & 1n)
    .map(([name]) => name);
};
console.log(JSON.stringify({ blocked: names("SigBlk"), ignored: names("SigIgn"), caught: names("SigCgt") }));
