import { hasCode, systemClock } from "@drydock/kit";
import type { ContainerdServices } from "../api/services.ts";
import { isoTime } from "../rpc/timestamps.ts";

export interface ProcessExit {
  /** 0-255; 128 + signal when it was killed. */
  code: number;
  /** ISO 8601. */
  finishedAt: string | undefined;
}

const retryMs = 200;

/**
 * Resolves when the process has ended, also when containerd is restarted in between: its shims, and what they wait for, go on.
 * Rejects with CONTAINERD_NOT_FOUND when there is no such process, or no longer.
 */
export async function waitForExit(
  { tasks }: Pick<ContainerdServices, "tasks">,
  process: { containerId: string; execId?: string },
  signal?: AbortSignal,
): Promise<ProcessExit> {
  for (;;) {
    try {
      const { exitStatus, exitedAt } = await tasks.wait(process, { timeoutMs: 0, ...(signal ? { signal } : {}) });
      return { code: exitStatus, finishedAt: isoTime(exitedAt) };
    } catch (error) {
      if (!hasCode(error, "CONTAINERD_UNREACHABLE")) throw error;
      await systemClock.sleep(retryMs, signal);
    }
  }
}
