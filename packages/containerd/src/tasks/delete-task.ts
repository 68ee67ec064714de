import { hasCode, systemClock } from "@drydock/kit";
import type { ContainerdServices } from "../api/services.ts";
import { ignoringMissing } from "../rpc/ignoring-missing.ts";
import { waitForExit } from "./wait-for-exit.ts";

const SIGKILL = 9;
const maxTries = 10;
const retryMs = 50;

/** Ends what runs of a container and gives back its shim. Idempotent; the container's record stays. */
export async function deleteTask(services: Pick<ContainerdServices, "tasks">, containerId: string): Promise<void> {
  const { tasks } = services;
  const answer = await ignoringMissing(tasks.get({ containerId }));
  // Asked for, because what containerd answers to deleting a running task has no code of its own (1.6 says "unknown").
  if (answer && !["STOPPED", "CREATED"].includes(answer.process.status)) {
    await ignoringMissing(tasks.kill({ containerId, signal: SIGKILL, all: true }));
    await ignoringMissing(waitForExit(services, { containerId }));
  }
  await deleteEnded(tasks, containerId);
}

/** Who deletes a task that somebody else is deleting meets a shim that goes away in the middle ("ttrpc: closed", without a code). */
async function deleteEnded(tasks: ContainerdServices["tasks"], containerId: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await ignoringMissing(tasks.delete({ containerId }));
      return;
    } catch (error) {
      if (tries === maxTries || !hasCode(error, "CONTAINERD_FAILED")) throw error;
      await systemClock.sleep(retryMs);
    }
  }
}
