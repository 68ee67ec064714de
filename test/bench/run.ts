/**
 * npm run bench [-- NAME…] [-- --record]: runs the benchmarks of this folder one after another and prints their figures. --record adds
 * them to docs/benchmarks.md with the machine that they were measured on.
 */
import { appendFile, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Benchmark, formatFigures, machine } from "./report.ts";

const args = process.argv.slice(2);
const record = args.includes("--record");
const wanted = args.filter((arg) => !arg.startsWith("--"));

const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith(".bench.ts")).sort();
const names = files.map((file) => file.replace(/\.bench\.ts$/, ""));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark called ${unknown.join(", ")}; there are: ${names.join(", ")}`);
  process.exit(2);
}
if (process.getuid?.() !== 0) {
  console.error("benchmarks start clusters and containers: run them as root");
  process.exit(1);
}

const sections: string[] = [];
for (const name of wanted.length > 0 ? wanted : names) {
  const { default: benchmark } = (await import(join(import.meta.dirname, `${name}.bench.ts`))) as {
    default: Benchmark;
  };
  console.error(`${benchmark.name}: ${benchmark.description}`);
  const figures = await benchmark
    .run((line) => console.error(`  ${line}`))
    .catch((error: Error) => {
      // A peer that is not installed is no reason to keep the other figures back.
      console.error(`${benchmark.name} did not run: ${error.message}`);
      process.exitCode = 1;
    });
  if (!figures) continue;
  const section = `### ${benchmark.name}\n\n${benchmark.description}\n\n${formatFigures(figures)}\n`;
  console.log(section);
  sections.push(section);
}
console.log(machine());
if (record) {
  const file = resolve(import.meta.dirname, "../../docs/benchmarks.md");
  await appendFile(file, `\n## ${new Date().toISOString().slice(0, 10)}\n\n${machine()}\n\n${sections.join("\n")}`);
}
