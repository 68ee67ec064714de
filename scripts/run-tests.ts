/**
 * Runs the test files through tap, shows one line a file (and everything of a file that failed), and closes with a count of
 * assertions in a form that any CI understands. `node scripts/run-tests.ts [FILE…]`
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const files = process.argv.slice(2);
const started = Date.now();
const tap = spawn("node_modules/.bin/tap", ["run", "--reporter=tap", ...files], {
  stdio: ["ignore", "pipe", "inherit"],
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => tap.kill(signal));

let passed = 0;
let failed = 0;
let skipped = 0;
let block: string[] = [];
for await (const line of createInterface({ input: tap.stdout })) {
  const point = /^(\s*)(not ok|ok) \d+(?: - )?(.*)$/.exec(line);
  block.push(line);
  if (!point) continue;
  const [, indent = "", verdict, rest = ""] = point;
  const [name = "", directive] = rest.split(/ # /);
  const isSkip = /^SKIP/i.test(directive ?? "");
  if (indent !== "" && !isSuite(directive)) {
    if (isSkip) skipped += 1;
    else if (verdict === "ok") passed += 1;
    else failed += 1;
  }
  if (isSkip)
    console.log(`  skipped: ${name.trim()} (${(directive ?? "").replace(/^SKIP:?\s*/i, "") || "no reason given"})`);
  if (indent === "") {
    const seconds = /time=([\d.]+)ms/.exec(directive ?? "");
    console.log(
      `${verdict === "ok" ? "ok  " : "FAIL"} ${name}${seconds ? ` (${(Number(seconds[1]) / 1000).toFixed(1)} s)` : ""}`,
    );
    if (verdict !== "ok") {
      console.log(block.join("\n"));
      if (failed === 0) failed += 1;
    }
    block = [];
  }
}
const code = await new Promise<number | null>((resolve) => tap.on("close", resolve));
if (code !== 0 && failed === 0) failed = 1;
console.log(`tests took ${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
process.exit(code === 0 && failed === 0 && passed > 0 ? 0 : 1);

/** A line that closes a group of assertions (tap gives it a time) is not an assertion itself. */
function isSuite(directive: string | undefined): boolean {
  return directive?.startsWith("time=") ?? false;
}
