/**
 * Labs that need cgroup v2, on a host that keeps its controllers in v1: all of their proofs in one boot of the lab VM.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Writable } from "node:stream";
import { missingNeeds } from "@drydock/labs";
import { chooseEngine } from "@drydock/vm";
import t from "tap";
import { labsFor } from "./prove.ts";

const NEED = "cgroup2";
const prover = resolve(import.meta.dirname, "prove-in-vm.ts");
const labs = await labsFor({ vm: true });
const hostHasIt = (await missingNeeds([NEED])).length === 0;
const noVm = hostHasIt
  ? "this host has cgroup v2: the tests of the milestones prove them"
  : await chooseEngine().then(
      () => false as const,
      (error: Error) => error.message,
    );

class Collector extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** An emulated machine takes seconds to compile what this one compiles in a moment: it finds the result in a cache. */
async function warmCache(): Promise<string> {
  const cache = mkdtempSync(join(homedir(), ".drydock-labs-cache-"));
  t.teardown(() => rmSync(cache, { recursive: true, force: true }));
  const { PATH = "" } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE: cache };
  const root = resolve(import.meta.dirname, "../..");
  // Without a need the first proves nothing, and without a step the others check nothing: both are loaded, that is all.
  const programs = [
    [prover],
    ...labs.map((lab) => [
      join(root, "packages/labs/src/check/check-process.ts"),
      join(lab.path, "check.ts"),
      root,
      cache,
    ]),
  ];
  for (const args of programs) {
    await new Promise((done) => execFile(process.execPath, args, { env, cwd: root }, done));
  }
  return cache;
}

// A machine that is emulated on one that is busy.
t.setTimeout(700_000);

t.test("their proofs", { skip: noVm, timeout: 630_000 }, async (t) => {
  t.ok(labs.length > 0, "there are some");
  const cache = await warmCache();
  const output = new Collector();
  const engine = await chooseEngine();
  const { exitCode } = await engine.run({
    command: [process.execPath, prover, NEED],
    cwd: resolve(import.meta.dirname, "../.."),
    env: {
      PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      TAP: "1",
      TAP_TIMEOUT: "600",
      NODE_COMPILE_CACHE: cache,
    },
    memoryMiB: 2048,
    timeoutMs: 600_000,
    stdout: output,
    stderr: output,
  });
  const points = output.text.split("\n").filter((line) => /^ {4,}(not )?ok \d+/.test(line));
  for (const line of points) t.ok(/^ *ok/.test(line), line.replace(/^ *(not )?ok \d+ - /, ""));
  t.equal(exitCode, 0);
  if (exitCode !== 0) t.comment(output.text.slice(-6000));
});
