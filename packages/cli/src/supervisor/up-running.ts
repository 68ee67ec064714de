import { failure } from "../errors.ts";
import { remark } from "../output/print.ts";
import { readRecord, supervisorLives } from "./record.ts";
import { differences, type UpOptions } from "./up-options.ts";

/** True when a cluster runs already and is what was asked for: there is nothing to do. Throws CLUSTER_RUNNING when it is another. */
export async function findRunning(asked: UpOptions): Promise<boolean> {
  const record = await readRecord(asked.dataDir);
  if (!record?.running || !(await supervisorLives(record.running))) return false;
  const different = differences(asked, record.settings);
  const { phase, server } = record.running;
  if (different.length > 0) {
    throw failure("CLUSTER_RUNNING", `a cluster runs on ${asked.dataDir} already, without ${different.join(", ")}`, {
      hint: "take it down first with drydock down (its data stay), or start another one with --data-dir",
    });
  }
  if (phase !== "ready") {
    throw failure("CLUSTER_BUSY", `the cluster on ${asked.dataDir} is ${phase}`, {
      hint: "drydock status shows how far it is",
    });
  }
  remark(`a cluster runs on ${asked.dataDir} already: ${record.settings.nodes} nodes, API server at ${server}`);
  return true;
}
