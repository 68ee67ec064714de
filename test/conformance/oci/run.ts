/**
 * npm run conformance [-- PROGRAM…] [-- --record]: runs the validation programs of opencontainers/runtime-tools against
 * Drydock and runc, as root. --record writes docs/conformance.md.
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { runCommand } from "@drydock/kit";
import type { Verdict } from "./judge.ts";
import { conformancePage, sums } from "./page.ts";
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

const rows = names.map((name) => ({
  name,
  ours: results.drydock.get(name) as Verdict,
  theirs: results.runc.get(name) as Verdict,
}));
const { passed, behind } = sums(rows);
console.log(`drydock passes ${passed.drydock} of ${names.length}, runc ${passed.runc}`);
console.log(`runc passes and drydock does not: ${behind.join(", ") || "none"}`);
if (record) {
  const [peer = ""] = (await runCommand("runc", ["--version"])).split("\n");
  await writeFile(resolve(import.meta.dirname, "../../../docs/conformance.md"), conformancePage(rows, peer));
}
process.exitCode = behind.length > 0 ? 1 : 0;
