import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { hasCode, type Logger, messageOf } from "@drydock/kit";
import type { ContainerdServices } from "../api/services.ts";
import { jsonAny, processType } from "../rpc/any.ts";
import { Stdio } from "./fifo.ts";
import { type ContainerdProcess, connectProcess } from "./process.ts";

export interface ExecOptions {
  /** `process` of the OCI runtime configuration: args, env, cwd, user, capabilities. */
  process: object;
  terminal: boolean;
  stdin: boolean;
  /** Where a directory for its FIFOs is made. */
  ioDirectory: string;
  /** Kills the process. */
  signal?: AbortSignal;
}

/** How long output of a process that ended is waited for when a child of it keeps its output open, ms. */
const drainMs = 10_000;
const SIGKILL = 9;

/** Starts one more process in a running container. When it has ended and its output is read, nothing of it is left. */
export async function execProcess(
  services: ContainerdServices,
  logger: Logger,
  containerId: string,
  options: ExecOptions,
): Promise<ContainerdProcess> {
  const { terminal, signal } = options;
  signal?.throwIfAborted();
  const execId = `exec-${randomBytes(8).toString("hex")}`;
  const stdio = await Stdio.open(await mkdtemp(join(options.ioDirectory, "exec-")), options);
  const target = { containerId, execId };
  const remove = async (): Promise<void> => {
    await services.tasks.deleteProcess(target).catch((error: unknown) => {
      // Gone with its container.
      if (hasCode(error, "CONTAINERD_NOT_FOUND")) return;
      logger.warn({ ...target, error: messageOf(error) }, "what is left of an exec could not be removed");
    });
    await stdio.remove();
  };
  try {
    const spec = jsonAny(processType, { ...options.process, terminal });
    await services.tasks.exec({ ...target, ...stdio.paths, spec });
    const { pid } = await services.tasks.start(target);
    stdio.release();
    const process = connectProcess({ services, logger, ...target, pid, stdio });
    const kill = (): void => process.kill(SIGKILL);
    signal?.addEventListener("abort", kill, { once: true });
    // It may have been aborted while the process was started.
    if (signal?.aborted) kill();
    const outputs = [stdio.stdout, ...(stdio.stderr ? [stdio.stderr] : [])].map((stream) =>
      finished(stream).catch(() => {}),
    );
    process.exit
      .catch(() => {})
      .then(() => within(drainMs, Promise.all(outputs)))
      .then(remove)
      .catch((error: unknown) => logger.warn({ ...target, error: messageOf(error) }, "FIFOs of an exec are left"))
      .finally(() => signal?.removeEventListener("abort", kill));
    return process;
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Resolves with the promise, or after `ms` without it. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
