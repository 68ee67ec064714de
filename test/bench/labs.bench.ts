import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type CheckVerdict, labFolder, loadLabs, runCheck } from "@drydock/labs";
import type { Benchmark, Figure } from "./report.ts";
import { median, percentile } from "./statistics.ts";

const ROUNDS = 15;
const LAB = "process-inspector";
const root = resolve(import.meta.dirname, "../..");

/** What a learner waits for beside the own program: the sandbox, the check itself, and with the command also its start. */
const labs: Benchmark = {
  name: "labs",
  description: `one check of ${LAB}, passed: what it takes beyond the time in which the learner's program runs`,
  async run(log) {
    const lab = (await loadLabs(join(root, "labs"))).find(({ id }) => id === LAB);
    if (!lab) throw new Error(`there is no lab called ${LAB}`);
    const home = mkdtempSync(join(tmpdir(), "bench-labs-"));
    try {
      await drydock(home, "start", LAB);
      const folder = labFolder(home, lab);
      cpSync(join(lab.path, "solution"), folder, { recursive: true });
      const samples: Record<string, number[]> = { check: [], command: [], save: [] };
      for (let round = 0; round <= ROUNDS; round += 1) {
        const inProcess = await runCheck(lab, folder);
        const before = performance.now();
        const verdict = JSON.parse(await drydock(home, "check", LAB, "--json")) as CheckVerdict;
        const whole = performance.now() - before;
        if (!verdict.passed || !inProcess.passed) throw new Error(`the solution of ${LAB} does not pass`);
        // The first round fills caches.
        if (round === 0) continue;
        samples.check?.push(verdict.durationMs - verdict.learnerMs);
        samples.command?.push(whole - verdict.learnerMs);
        samples.save?.push(inProcess.durationMs - inProcess.learnerMs);
        log(`round ${round}: ${Math.round(whole)} ms, ${verdict.learnerMs} ms of them the learner's program`);
      }
      return [
        figure("watch: a check after a save, beyond the learner's program", samples.save ?? [], 300),
        figure("lab check: in the command, beyond the learner's program", samples.check ?? [], 300),
        figure(
          `lab check: the whole command${existsSync(join(root, ".build/drydock.mjs")) ? "" : " (not bundled)"}, beyond it`,
          samples.command ?? [],
        ),
      ];
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
};
export default labs;

function figure(name: string, samples: readonly number[], most?: number): Figure {
  return {
    name,
    median: median(samples),
    p99: percentile(samples, 0.99),
    unit: "ms",
    samples: samples.length,
    ...(most === undefined ? {} : { target: { text: `< ${most} ms`, met: median(samples) < most } }),
  };
}

function drydock(home: string, ...args: string[]): Promise<string> {
  return new Promise((done, failed) => {
    const env = { ...process.env, DRYDOCK_LABS_HOME: home };
    execFile(join(root, "drydock"), ["lab", ...args], { env }, (error, out) => (error ? failed(error) : done(out)));
  });
}
