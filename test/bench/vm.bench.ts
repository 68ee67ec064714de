import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Benchmark, Figure } from "./report.ts";
import { median, percentile } from "./statistics.ts";

const drydock = resolve(import.meta.dirname, "../../drydock");
const BOOTS = 7;
/** Until the command's first byte, ms. Without hardware virtualisation: with it qemu is faster. */
const targets = { uml: 3_000, qemu: 5_000 } as const;

/** The lab VM as a user runs it: from the start of `drydock vm run` to the first byte of what runs in the machine, and to its end. */
const vm: Benchmark = {
  name: "vm",
  description:
    "drydock vm run: to the first byte of the command, and to the end of the machine; kernel and initramfs are cached",
  async run(log) {
    const figures: Figure[] = [];
    for (const engine of ["uml", "qemu"] as const) {
      const firstBytes: number[] = [];
      const ends: number[] = [];
      // The first one makes what is cached.
      await boot(engine);
      for (let round = 1; round <= BOOTS; round += 1) {
        const { firstByte, end } = await boot(engine);
        firstBytes.push(firstByte);
        ends.push(end);
        log(`${engine} ${round}: ${firstByte.toFixed(0)} ms to the command, ${end.toFixed(0)} ms in all`);
      }
      const middle = median(firstBytes);
      const limit = targets[engine];
      figures.push(
        {
          name: `${engine}: to the first byte of the command`,
          median: middle,
          p99: percentile(firstBytes, 0.99),
          unit: "ms",
          samples: BOOTS,
          target: { text: `<= ${limit} ms`, met: middle <= limit },
        },
        {
          name: `${engine}: whole command`,
          median: median(ends),
          p99: percentile(ends, 0.99),
          unit: "ms",
          samples: BOOTS,
        },
      );
    }
    return figures;
  },
};
export default vm;

async function boot(engine: string): Promise<{ firstByte: number; end: number }> {
  const started = performance.now();
  const args = ["vm", "run", "--engine", engine, "--timeout", "2m", "--", "cat", "/sys/fs/cgroup/cgroup.controllers"];
  const child = spawn(drydock, args, { stdio: ["ignore", "pipe", "inherit"] });
  let firstByte = Number.NaN;
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    if (said === "") firstByte = performance.now() - started;
    said += chunk.toString();
  });
  const code = await new Promise<number | null>((done, fail) => child.on("error", fail).on("close", done));
  if (code !== 0 || !/\bmemory\b/.test(said)) {
    throw new Error(`vm run --engine ${engine} ended with exit code ${code} and said ${JSON.stringify(said)}`);
  }
  return { firstByte, end: performance.now() - started };
}
