import { type Logger, messageOf } from "@drydock/kit";
import type { ContainerdServices } from "../api/services.ts";
import { deleteTask } from "./delete-task.ts";
import { Stdio, type StdioOptions } from "./fifo.ts";
import { type ContainerdProcess, connectProcess } from "./process.ts";

export interface TaskStreams extends StdioOptions {
  /** Made; holds the FIFOs. Removed by whoever made it, after the task. */
  ioDirectory: string;
}

/** Starts the first process of a container that exists, with our ends of its streams. Nothing runs when it rejects. */
export async function startTask(
  services: ContainerdServices,
  logger: Logger,
  containerId: string,
  { ioDirectory, ...options }: TaskStreams,
): Promise<ContainerdProcess> {
  const { container } = await services.containers.get({ id: containerId });
  const { snapshotter, snapshotKey: key } = container;
  const { mounts } = await services.snapshots.mounts({ snapshotter, key });
  const stdio = await Stdio.open(ioDirectory, options);
  try {
    const { pid } = await services.tasks.create({ containerId, rootfs: mounts, ...stdio.paths });
    stdio.release();
    const process = connectProcess({ services, logger, containerId, pid, stdio });
    // Whoever has no interest in its end must not be ended by an error about it.
    process.exit.catch(() => {});
    await services.tasks.start({ containerId });
    return process;
  } catch (error) {
    await deleteTask(services, containerId).catch((other: unknown) => {
      logger.warn({ containerId, error: messageOf(other) }, "task that did not start could not be deleted");
    });
    await stdio.remove();
    throw error;
  }
}
