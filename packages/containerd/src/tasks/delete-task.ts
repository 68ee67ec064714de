import type { ContainerdServices } from "../api/services.ts";
import { ignoringMissing } from "../rpc/ignoring-missing.ts";
import { waitForExit } from "./wait-for-exit.ts";

const SIGKILL = 9;

/** Ends what runs of a container and gives back its shim. Idempotent; the container's record stays. */
export async function deleteTask(services: Pick<ContainerdServices, "tasks">, containerId: string): Promise<void> {
  const { tasks } = services;
  const answer = await ignoringMissing(tasks.get({ containerId }));
  // Asked for, because what containerd answers to deleting a running task has no code of its own (1.6 says "unknown").
  if (answer && !["STOPPED", "CREATED"].includes(answer.process.status)) {
    await ignoringMissing(tasks.kill({ containerId, signal: SIGKILL, all: true }));
    await ignoringMissing(waitForExit(services, { containerId }));
  }
  await ignoringMissing(tasks.delete({ containerId }));
}
