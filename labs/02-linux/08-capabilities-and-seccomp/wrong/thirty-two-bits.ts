// fails at decode: expected
import { readFileSync } from "node:fs";

const names =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE".split(
    " ",
  );
const status = readFileSync(`/proc/${process.argv[3]}/status`, "utf8");
const set = (field: string): string[] =>
  names
    .filter((_, bit) => Number(`0x${new RegExp(`${field}:\\s+(\\w+)`).exec(status)?.[1]}`) & (1 << bit))
    .map((name) => `CAP_${name}`);
console.log(
  JSON.stringify({
    effective: set("CapEff"),
    permitted: set("CapPrm"),
    inheritable: set("CapInh"),
    bounding: set("CapBnd"),
    ambient: set("CapAmb"),
  }),
);
