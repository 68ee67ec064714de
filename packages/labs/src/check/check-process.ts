/**
 * The process that checks: `node check-process.ts CHECK FOLDER SCRATCH STEP…`, in a sandbox together with what it runs. Says on standard output, one JSON text a
 * line, what it found (CheckEvent). Imports Node's own modules only: its start-up time is a part of every check.
 */
import { randomBytes, randomInt } from "node:crypto";
import { mkdtempSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { CheckTools, LabCheck } from "./check-tools.ts";
import { Programs } from "./programs.ts";
import type { CheckEvent } from "./verdict.ts";

const PAUSE_MS = 20;
const DEFAULT_PATIENCE_MS = 5000;

class WrongError extends Error {
  readonly hint: string | undefined;

  constructor(reason: string, hint: string | undefined) {
    super(reason);
    this.hint = hint;
  }
}

const [checkFile = "", folder = "", scratch = "", ...steps] = process.argv.slice(2);
const programs = new Programs(folder, scratch);
const undos: (() => void | Promise<void>)[] = [];

const tools: CheckTools = {
  folder,
  scratch,
  run: (file, args, options) => programs.run(file, args, options),
  start: (file, args, options) => programs.start(file, args, options),
  async until(probe, timeoutMs = DEFAULT_PATIENCE_MS) {
    const deadline = performance.now() + timeoutMs;
    while (true) {
      const found = await probe();
      if (found) return found;
      if (performance.now() > deadline) return undefined;
      await delay(PAUSE_MS);
    }
  },
  async cluster(options = {}) {
    // Here and not above: most checks need no cluster, and its code is large.
    const { startLabCluster } = await import("../cluster/lab-cluster.ts");
    const cluster = await startLabCluster({ ...options, directory: mkdtempSync(join(scratch, "cluster-")) });
    undos.push(() => cluster.stop());
    return cluster;
  },
  etcd: async (members = 1) => (await import("./etcd/etcd-cluster.ts")).startEtcd(tools, members),
  word: () => `w${randomBytes(5).toString("hex")}`,
  number: (from, to) => randomInt(from, to),
  defer: (undo) => {
    undos.push(undo);
  },
  wrong: (reason, hint) => new WrongError(reason, hint),
};

function tell(event: CheckEvent): void {
  writeSync(1, `${JSON.stringify(event)}\n`);
}

async function checkSteps(): Promise<void> {
  const check = ((await import(pathToFileURL(checkFile).href)) as { steps: LabCheck }).steps;
  for (const id of steps) {
    const step = check[id];
    if (!step) return tell({ type: "broken", id, message: `${checkFile} has no function for the step ${id}` });
    try {
      await step(tools);
    } catch (error) {
      if (error instanceof WrongError) {
        const { message: reason, hint } = error;
        return tell({ type: "step", id, passed: false, reason, ...(hint ? { hint } : {}) });
      }
      return tell({
        type: "broken",
        id,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
    tell({ type: "step", id, passed: true });
  }
}

await checkSteps();
programs.killAll();
for (const undo of undos.reverse()) {
  try {
    await undo();
  } catch (error) {
    tell({ type: "broken", id: "", message: `cleaning up: ${error instanceof Error ? error.message : String(error)}` });
  }
}
tell({ type: "end", learnerMs: programs.learnerMs });
// A check may have left timers or sockets: nobody needs them any more.
process.exit(0);
