import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Container, type ContainerdClient, type Process, readJsonAny } from "@drydock/containerd";
import { hasCode, type Logger, messageOf, systemClock } from "@drydock/kit";
import type { ExecSession, RuntimeConfig } from "@drydock/runtime";
import { agentError } from "../errors.ts";
import { rotatedLogs } from "../logs/log-file.ts";
import type { NativeLayout } from "../native/layout.ts";
import { StopRequests, type StopTarget } from "../native/stop-requests.ts";
import type { ContainerSpec, ExecInContainer, ObservedContainer } from "../port/pod-runtime.ts";
import { containerdId, keyOf, labels, noteEntry, noteOf } from "./container-record.ts";
import { execSession } from "./exec-session.ts";
import type { LogPumps } from "./log-pumps.ts";
import { exitOf, observedRun } from "./observed-run.ts";
import { wasOomKilled } from "./pod-cgroups.ts";
import type { RunStarter } from "./run-starter.ts";

export interface ContainerdContainersOptions {
  client: ContainerdClient;
  layout: NativeLayout;
  pumps: LogPumps;
  starter: RunStarter;
  logger: Logger;
}

/** How often a signal is tried again while containerd is away, ms. */
const retryMs = 200;

/** The containers of all pods as tasks of containerd. What is true is in containerd; kept here are open descriptors and what is under way. */
export class ContainerdContainers {
  readonly #client: ContainerdClient;
  readonly #layout: NativeLayout;
  readonly #pumps: LogPumps;
  readonly #starter: RunStarter;
  readonly #logger: Logger;
  readonly #stops: StopRequests;
  readonly #settling = new Map<string, Promise<void>>();
  readonly #closed = new AbortController();

  constructor(options: ContainerdContainersOptions) {
    this.#client = options.client;
    this.#layout = options.layout;
    this.#pumps = options.pumps;
    this.#starter = options.starter;
    this.#logger = options.logger;
    this.#stops = new StopRequests(this.#stopTarget());
  }

  /** The records of one pod's containers, or of all pods'. */
  records(podUid?: string): Promise<Container[]> {
    const label = `labels."${labels.podUid}"`;
    return this.#client.containers.list([podUid === undefined ? label : `${label}=="${podUid}"`]);
  }

  /** Newest run first within a name. */
  async list(podUid: string): Promise<ObservedContainer[]> {
    const found = await Promise.all((await this.records(podUid)).map((container) => this.#observe(container)));
    return found
      .filter((run) => run !== undefined)
      .sort((a, b) => a.name.localeCompare(b.name) || b.attempt - a.attempt);
  }

  async start(spec: ContainerSpec): Promise<ObservedContainer> {
    const id = containerdId(spec);
    const present = await this.#find(id);
    // What a crash left before the process ran is made anew.
    if (present?.state === "created") await this.#client.containers.delete(id);
    if (present && present.state !== "created") {
      this.#logger.warn({ id }, "container had been started before");
      return present;
    }
    return this.#starter.start(spec);
  }

  async stop(id: string, graceMs: number): Promise<void> {
    const container = await this.#client.containers.get(id);
    const created = container && noteOf(container, "created");
    if (created) await this.#stops.stop(id, created.stopSignal, graceMs);
  }

  async remove(id: string): Promise<void> {
    const container = await this.#client.containers.get(id);
    const key = container && keyOf(container);
    if (!key) return;
    const logPath = noteOf(container, "created")?.logPath;
    // Not in the middle of its end being written down.
    await this.#settling.get(id);
    await this.#client.containers.delete(id);
    this.#pumps.close(id);
    await rm(this.#layout.container(key), { recursive: true, force: true });
    if (logPath === undefined) return;
    for (const path of [logPath, ...(await rotatedLogs(logPath))]) await rm(path, { force: true });
  }

  async exec(id: string, { command, tty, stdin, signal }: ExecInContainer): Promise<ExecSession> {
    const container = await this.#client.containers.get(id);
    const key = container && keyOf(container);
    if (!key) throw agentError("AGENT_POD_NOT_FOUND", `there is no container ${id} on this node`);
    const { process } = readJsonAny<RuntimeConfig>(`configuration of container ${id}`, container.spec);
    // A terminal type is what programs look at before they draw.
    const env = [...(process.env ?? []), ...(tty ? ["TERM=xterm"] : [])];
    return execSession(
      await this.#client.tasks.exec(id, {
        process: { ...process, args: command, env },
        terminal: tty,
        stdin,
        ioDirectory: this.#layout.container(key),
        ...(signal ? { signal } : {}),
      }),
    );
  }

  /** Takes on what is there of one container: its output is read again, and its end is written down if it came while nobody looked. */
  async adopt(container: Container): Promise<void> {
    const task = await this.#client.tasks.get(container.id);
    const created = noteOf(container, "created");
    if (!task || !created) return;
    if (task.status !== "CREATED" && !this.#pumps.has(container.id)) {
      this.#pumps.open(container.id, dirname(task.stdout), created.logPath, false);
    }
    if (task.status === "STOPPED") await this.settle(container.id);
  }

  /** Writes down how a task ended and gives back its shim, which would otherwise stay for as long as the container's record. Idempotent. */
  settle(id: string): Promise<void> {
    const running = this.#settling.get(id);
    if (running) return running;
    const settling = this.#settle(id).finally(() => this.#settling.delete(id));
    this.#settling.set(id, settling);
    return settling;
  }

  async #settle(id: string): Promise<void> {
    const [container, task] = await Promise.all([this.#client.containers.get(id), this.#client.tasks.get(id)]);
    if (!container || task?.status !== "STOPPED") return;
    const exit = exitOf(task, this.#wasOomKilled(container, task));
    await this.#pumps.drained(id);
    // A start that was refused says more than the end of what was left of it.
    if (exit && !noteOf(container, "failed") && !noteOf(container, "exit")) {
      await this.#client.containers.setExtensions(id, noteEntry("exit", exit));
    }
    await this.#client.tasks.delete(id);
  }

  close(): void {
    this.#closed.abort();
    this.#pumps.closeAll();
  }

  async #find(id: string): Promise<ObservedContainer | undefined> {
    const container = await this.#client.containers.get(id);
    return container && this.#observe(container);
  }

  async #observe(container: Container): Promise<ObservedContainer | undefined> {
    const over = noteOf(container, "exit") ?? noteOf(container, "failed");
    const task = over ? undefined : await this.#client.tasks.get(container.id);
    // What it printed last belongs to its end: who sees that it ended must find all of its output.
    if (task?.status === "STOPPED") await this.#pumps.drained(container.id);
    // It may have been settled between the two calls, and then the record that we have is too old.
    const current = over || task ? container : ((await this.#client.containers.get(container.id)) ?? container);
    return observedRun({ container: current, task, oomKilled: this.#wasOomKilled(current, task) });
  }

  #wasOomKilled(container: Container, task: Process | undefined): boolean {
    const cgroup = noteOf(container, "created")?.cgroup;
    return task?.status === "STOPPED" && cgroup !== undefined && wasOomKilled(cgroup);
  }

  #stopTarget(): StopTarget {
    return {
      signal: async (id, signal, all) => {
        for (;;) {
          try {
            return await this.#client.tasks.kill(id, signal, { all });
          } catch (error) {
            // It ended before we came.
            if (hasCode(error, "CONTAINERD_NOT_FOUND", "CONTAINERD_BAD_STATE")) return;
            if (!hasCode(error, "CONTAINERD_UNREACHABLE")) throw error;
            this.#logger.warn({ id, signal, error: messageOf(error) }, "signal waits for containerd");
            await systemClock.sleep(retryMs, this.#closed.signal);
          }
        }
      },
      ended: async (id) => {
        try {
          await this.#client.tasks.wait(id, this.#closed.signal);
        } catch (error) {
          if (!hasCode(error, "CONTAINERD_NOT_FOUND")) throw error;
        }
        await this.settle(id);
      },
    };
  }
}
