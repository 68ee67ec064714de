import type { Logger } from "@drydock/kit";
import type { ContainerdServices } from "../api/services.ts";
import type { Process } from "../api/tasks.ts";
import { ignoringMissing } from "../rpc/ignoring-missing.ts";
import { deleteTask } from "./delete-task.ts";
import { type ExecOptions, execProcess } from "./exec-process.ts";
import type { ContainerdProcess } from "./process.ts";
import { startTask, type TaskStreams } from "./start-task.ts";
import { type ProcessExit, waitForExit } from "./wait-for-exit.ts";

/** What runs of containers: one task each, with any number of further processes. */
export class TaskClient {
  readonly #services: ContainerdServices;
  readonly #logger: Logger;

  constructor(services: ContainerdServices, logger: Logger) {
    this.#services = services;
    this.#logger = logger;
  }

  /** Starts a container's process with streams of ours. Nothing of it runs when this rejects. */
  start(containerId: string, streams: TaskStreams): Promise<ContainerdProcess> {
    return startTask(this.#services, this.#logger, containerId, streams);
  }

  exec(containerId: string, options: ExecOptions): Promise<ContainerdProcess> {
    return execProcess(this.#services, this.#logger, containerId, options);
  }

  /** Undefined when nothing was started, or what ran was deleted. */
  async get(containerId: string): Promise<Process | undefined> {
    return (await ignoringMissing(this.#services.tasks.get({ containerId })))?.process;
  }

  async list(): Promise<Process[]> {
    return (await this.#services.tasks.list({ filter: "" })).tasks;
  }

  /** Host-side pids of all its processes. */
  async pids(containerId: string): Promise<number[]> {
    return (await this.#services.tasks.listPids({ containerId })).processes.map(({ pid }) => pid);
  }

  /** `all`: every process of the container. CONTAINERD_NOT_FOUND when it has ended. */
  async kill(containerId: string, signal: number, options: { all?: boolean } = {}): Promise<void> {
    await this.#services.tasks.kill({ containerId, signal, ...options });
  }

  /** Also across restarts of containerd. CONTAINERD_NOT_FOUND when there is no task. */
  wait(containerId: string, signal?: AbortSignal): Promise<ProcessExit> {
    return waitForExit(this.#services, { containerId }, signal);
  }

  /** Kills what runs and gives back the shim. Idempotent. */
  async delete(containerId: string): Promise<void> {
    await deleteTask(this.#services, containerId);
  }
}
