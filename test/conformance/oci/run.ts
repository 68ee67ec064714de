/**
 * npm run conformance [-- PROGRAM…] [-- --record]: runs the validation programs of opencontainers/runtime-tools against
 * Drydock and runc, as root. --record writes docs/conformance.md.
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { runCommand } from "@drydock/kit";
import type { Verdict } from "./judge.ts";
import { reasons } from "./reasons.ts";
import { type RuntimeName, runPrograms, runtimes } from "./run-programs.ts";
import { cannotBuild, validationTools } from "./validation-tools.ts";

const args = process.argv.slice(2);
const record = args.includes("--record");
const wanted = args.filter((arg) => !arg.startsWith("--"));

const missing = process.getuid?.() === 0 ? await cannotBuild() : "containers are started: run it as root";
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}
const tools = await validationTools();
const names = wanted.length > 0 ? wanted : [...tools.programs.keys()];
const results = {} as Record<RuntimeName, Map<string, Verdict>>;
for (const runtime of Object.keys(runtimes) as RuntimeName[]) {
  results[runtime] = await runPrograms(tools, runtime, names, (name, { passed, ok, failures }) => {
    console.log(`${runtime} ${name}: ${passed ? `pass (${ok})` : failures.slice(0, 3).join("; ")}`);
  });
}

const rows = names.map((name) => {
  const ours = results.drydock.get(name) as Verdict;
  const theirs = results.runc.get(name) as Verdict;
  return { name, ours, theirs };
});
const behind = rows.filter(({ ours, theirs }) => theirs.passed && !ours.passed);
const count = (runtime: RuntimeName): number => [...results[runtime].values()].filter(({ passed }) => passed).length;
console.log(`drydock passes ${count("drydock")} of ${names.length}, runc ${count("runc")}`);
console.log(`runc passes and drydock does not: ${behind.map(({ name }) => name).join(", ") || "none"}`);
if (record) await writeFile(resolve(import.meta.dirname, "../../../docs/conformance.md"), await page());
process.exitCode = behind.length > 0 ? 1 : 0;

async function page(): Promise<string> {
  const [runc = ""] = (await runCommand("runc", ["--version"])).split("\n");
  const cell = (verdict: Verdict): string => (verdict.passed ? "pass" : "fails");
  const lines = rows.map(({ name, ours, theirs }) => {
    const why = ours.passed ? "" : (reasons[name] ?? [...new Set(ours.failures)].slice(0, 2).join("; "));
    return `| ${name} | ${cell(ours)} | ${cell(theirs)} | ${why.replaceAll("|", "\\|").slice(0, 300)} |`;
  });
  return `# Conformance

The validation programs of [opencontainers/runtime-tools](https://github.com/opencontainers/runtime-tools), each run against
\`bin/drydock-runtime\` and ${runc}. A program passes when none of its assertions fails; its exit code says little. This page
is written by \`npm run conformance -- --record\` (as root, with Go).

Drydock passes ${count("drydock")} of ${names.length} programs, runc ${count("runc")}.${behind.length === 0 ? " Whatever runc passes, Drydock passes too." : ""}

| program | drydock | runc | why not |
|---|---|---|---|
${lines.join("\n")}
`;
}
