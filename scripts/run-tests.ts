/**
 * Runs the test files through tap, shows one line a file (and everything of a file that failed), and closes with a count of
 * assertions in a form that any CI understands. `node scripts/run-tests.ts [FILE…]`
 *
 * A file that fails is run once more, alone: what then passes was disturbed by its neighbour or by a slow machine. It is
 * named as flaky with what it said, and does not fail the run; what fails twice does.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** Files that failed, in the order in which they ended. */
  failedFiles: string[];
}

/** More failures than this are no neighbour's fault: they are not run again. */
const retriedFiles = 5;

let isInterrupted = false;
const started = Date.now();
const first = await run(process.argv.slice(2));
const again: Count = { passed: 0, failed: 0, skipped: 0, failedFiles: [] };
const flaky: string[] = [];
const retried = isInterrupted || first.failedFiles.length > retriedFiles ? [] : first.failedFiles;
for (const file of retried) {
  console.log(`${file} failed; once more, alone:`);
  const second = await run([file]);
  if (second.failed === 0) flaky.push(file);
  again.passed += second.passed;
  again.failed += second.failed;
}
for (const file of flaky)
  console.log(`flaky: ${file} failed beside others and passed alone; see above for what it said`);

// What the second runs found stands for what those files said at first.
const failed = retried.length > 0 ? again.failed : first.failed;
const passed = first.passed + again.passed;
console.log(`tests took ${((Date.now() - started) / 1000).toFixed(0)} s`);
const notes = [first.skipped && `${first.skipped} skipped`, flaky.length && `${flaky.length} flaky`].filter(Boolean);
console.log([`${passed} passed, ${failed} failed`, ...notes].join(", "));
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** Runs test files, all when none is named, and prints as it goes. Assertions of files that failed count as failed alone. */
async function run(files: readonly string[]): Promise<Count> {
  const tap = spawn("node_modules/.bin/tap", ["run", "--reporter=tap", ...files], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = (signal: NodeJS.Signals): void => {
    isInterrupted = true;
    tap.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);

  const total: Count = { passed: 0, failed: 0, skipped: 0, failedFiles: [] };
  let inFile = { passed: 0, failed: 0 };
  let block: string[] = [];
  for await (const line of createInterface({ input: tap.stdout })) {
    const point = /^(\s*)(not ok|ok) \d+(?: - )?(.*)$/.exec(line);
    block.push(line);
    if (!point) continue;
    const [, indent = "", verdict, rest = ""] = point;
    const [name = "", directive] = rest.split(/ # /);
    const isSkip = /^SKIP/i.test(directive ?? "");
    if (isSkip) {
      if (indent !== "" && !isSuite(directive)) total.skipped += 1;
      console.log(`  skipped: ${name.trim()} (${(directive ?? "").replace(/^SKIP:?\s*/i, "") || "no reason given"})`);
    } else if (indent !== "" && !isSuite(directive)) {
      inFile[verdict === "ok" ? "passed" : "failed"] += 1;
    }
    if (indent !== "") continue;
    const seconds = /time=([\d.]+)ms/.exec(directive ?? "");
    const took = seconds ? ` (${(Number(seconds[1]) / 1000).toFixed(1)} s)` : "";
    console.log(`${verdict === "ok" ? "ok  " : "FAIL"} ${name}${took}`);
    if (verdict === "ok") {
      total.passed += inFile.passed;
    } else {
      console.log(block.join("\n"));
      total.failed += Math.max(inFile.failed, 1);
      total.failedFiles.push(name.trim());
    }
    inFile = { passed: 0, failed: 0 };
    block = [];
  }
  const code = await new Promise<number | null>((resolve) => tap.on("close", resolve));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  if (code !== 0 && total.failed === 0) {
    console.log(`tap ended with ${code} and named no failed file`);
    total.failed = 1;
  }
  return total;
}

/** A line that closes a group of assertions (tap gives it a time) is not an assertion itself. */
function isSuite(directive: string | undefined): boolean {
  return directive?.startsWith("time=") ?? false;
}
