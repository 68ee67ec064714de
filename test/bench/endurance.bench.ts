import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Benchmark } from "./report.ts";
import type { Endurance } from "./runtime/endure.ts";

/** Containers started and removed one after the other by one process: what fails, what stays, what grows. */
const endurance: Benchmark = {
  name: "endurance",
  description:
    "3,000 starts in a row in one process (busybox true): failures, and what there is more of afterwards than after the first 1,000",
  async run(log) {
    // V8 doubles its young generation when it likes to, which would hide what leaks: it keeps the size that it has.
    const flags = ["--expose-gc", "--max-semi-space-size=4"];
    const child = spawn(process.execPath, [...flags, join(import.meta.dirname, "runtime/endure.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`the measurement ended with ${code}`);
    const { starts, failures, before, after, leftovers } = JSON.parse(output) as Endurance;
    for (const failure of failures.slice(0, 5)) log(failure);
    const none = (name: string, median: number) => ({
      name,
      median,
      unit: "",
      samples: starts,
      target: { text: "none", met: median <= 0 },
    });
    const grownMib = (after.memoryKib - before.memoryKib) / 1024;
    return [
      none("starts that failed", failures.length),
      none("open descriptors more", after.descriptors - before.descriptors),
      none("mounts more", after.mounts - before.mounts),
      none("processes more (and so namespaces)", after.shims - before.shims),
      none("directories and cgroups left", leftovers.length),
      {
        name: "memory of the process more",
        median: grownMib,
        unit: "MiB",
        samples: starts,
        target: { text: "< 5 MiB", met: grownMib < 5 },
      },
    ];
  },
};
export default endurance;
