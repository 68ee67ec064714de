import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { CriClient, CriContainer } from "@drydock/containerd";
import { hasCode, type Logger, messageOf, systemClock } from "@drydock/kit";
import { signalNumbers } from "@drydock/linux";
import type { ExecSession } from "@drydock/runtime";
import { execSession } from "../containerd/exec-session.ts";
import { lowestOomScore, oomScoreWithin } from "../containerd/oom-score.ts";
import { agentError } from "../errors.ts";
import { rotatedLogs } from "../logs/log-file.ts";
import { StopRequests, type StopTarget } from "../native/stop-requests.ts";
import type { ContainerSpec, ExecInContainer, ObservedContainer } from "../port/pod-runtime.ts";
import { containerConfigOf } from "./container-config.ts";
import type { CriImages } from "./cri-images.ts";
import { type CriSandboxes, gone } from "./cri-sandboxes.ts";
import { labels } from "./labels.ts";
import { observedRun } from "./observed-run.ts";

export interface CriContainersOptions {
  cri: CriClient;
  owner: string;
  sandboxes: CriSandboxes;
  images: CriImages;
  logger: Logger;
}

/** How often the end of a container that is being stopped is looked for, and a runtime that is away asked again, ms. */
const pollMs = 50;
/** The agent counts the time until SIGKILL itself: a later request may shorten it, in ms. The runtime is given more than anybody waits, s. */
const foreverSeconds = 365 * 24 * 60 * 60;

/** The containers of all pods, in the runtime by CRI. Nothing of them is kept here. */
export class CriContainers {
  readonly #options: CriContainersOptions;
  readonly #cri: CriClient;
  readonly #logger: Logger;
  readonly #stops: StopRequests;
  readonly #closed = new AbortController();

  constructor(options: CriContainersOptions) {
    this.#options = options;
    this.#cri = options.cri;
    this.#logger = options.logger;
    this.#stops = new StopRequests(this.#stopTarget());
  }

  /** Ours, of one pod or of all. */
  async records(podUid?: string): Promise<CriContainer[]> {
    const { owner } = this.#options;
    const labelSelector = { [labels.owner]: owner, ...(podUid === undefined ? {} : { [labels.podUid]: podUid }) };
    return (await this.#cri.runtime.listContainers({ filter: { labelSelector } })).containers;
  }

  /** Newest run first within a name. */
  async list(podUid: string): Promise<ObservedContainer[]> {
    const found = await Promise.all((await this.records(podUid)).map(({ id }) => this.find(id)));
    return found
      .filter((run) => run !== undefined)
      .sort((a, b) => a.name.localeCompare(b.name) || b.attempt - a.attempt);
  }

  async find(id: string): Promise<ObservedContainer | undefined> {
    const answer = await gone(this.#cri.runtime.containerStatus({ containerId: id }));
    return answer?.status ? observedRun(answer.status) : undefined;
  }

  async start(spec: ContainerSpec): Promise<ObservedContainer> {
    const present = (await this.list(spec.podUid)).find(
      ({ name, attempt }) => name === spec.name && attempt === spec.attempt,
    );
    // What a crash left before the process ran is made anew.
    if (present?.state === "created") await gone(this.#cri.runtime.removeContainer({ containerId: present.id }));
    else if (present) {
      this.#logger.warn({ id: present.id }, "container had been started before");
      return present;
    }
    const containerId = await this.#create(spec);
    try {
      await this.#cri.runtime.startContainer({ containerId });
    } catch (error) {
      // Nobody knows whether it was carried out: that shows when the pod is looked at.
      if (hasCode(error, "CONTAINERD_UNREACHABLE", "CONTAINERD_TIMEOUT")) throw error;
      const refused = await this.find(containerId);
      if (refused?.state !== "exited") throw error;
      return refused;
    }
    const run = await this.find(containerId);
    if (!run) throw agentError("AGENT_POD_NOT_FOUND", `container ${spec.name} was removed as soon as it was started`);
    return run;
  }

  async stop(id: string, graceMs: number): Promise<void> {
    await this.#stops.stop(id, signalNumbers.SIGTERM, graceMs);
  }

  async remove(id: string): Promise<void> {
    const run = await this.find(id);
    await gone(this.#cri.runtime.removeContainer({ containerId: id }));
    if (!run) return;
    for (const path of [run.logPath, ...(await rotatedLogs(run.logPath))]) await rm(path, { force: true });
  }

  async exec(id: string, { command, tty, stdin, signal }: ExecInContainer): Promise<ExecSession> {
    signal?.throwIfAborted();
    const process = await this.#cri.exec(id, { command, tty, stdin });
    const hangUp = (): void => process.kill(signalNumbers.SIGKILL);
    signal?.addEventListener("abort", hangUp, { once: true });
    process.exit.catch(() => {}).finally(() => signal?.removeEventListener("abort", hangUp));
    return execSession(process);
  }

  close(): void {
    this.#closed.abort();
  }

  async #create(spec: ContainerSpec): Promise<string> {
    const { owner, sandboxes, images } = this.#options;
    const [sandbox, image] = await Promise.all([sandboxes.observe(spec.podUid), images.find(spec)]);
    if (sandbox?.state !== "ready" || !image) {
      const what = image ? "sandbox" : `image ${spec.image}`;
      throw agentError("AGENT_POD_NOT_FOUND", `${what} of container ${spec.name} is gone`);
    }
    const [files] = await Promise.all([sandboxes.files(sandbox), mkdir(dirname(spec.logPath), { recursive: true })]);
    const score = oomScoreWithin(lowestOomScore(), spec.oomScoreAdj);
    const config = containerConfigOf({ spec, sandbox: sandbox.spec, owner, image, files, ...score });
    const { containerId } = await this.#cri.runtime.createContainer({
      podSandboxId: sandbox.id,
      config,
      sandboxConfig: sandboxes.configOf(sandbox),
    });
    return containerId;
  }

  #stopTarget(): StopTarget {
    return {
      signal: async (containerId, signal) => {
        const timeout = signal === signalNumbers.SIGKILL ? 0 : foreverSeconds;
        // The call lasts as long as the container does: its end is looked for by `ended`.
        void this.#untilReached(containerId, () =>
          this.#cri.runtime.stopContainer({ containerId, timeout }, { timeoutMs: 0, signal: this.#closed.signal }),
        );
      },
      ended: async (id) => {
        for (;;) {
          const run = await this.find(id).catch((error: unknown) => {
            if (!hasCode(error, "CONTAINERD_UNREACHABLE")) throw error;
            return "unknown" as const;
          });
          if (run !== "unknown" && (!run || run.state === "exited")) return;
          await systemClock.sleep(pollMs, this.#closed.signal);
        }
      },
    };
  }

  /** Tries again while the runtime is away. */
  async #untilReached(id: string, call: () => Promise<unknown>): Promise<void> {
    while (!this.#closed.signal.aborted) {
      try {
        await call();
        return;
      } catch (error) {
        if (this.#closed.signal.aborted || hasCode(error, "CONTAINERD_NOT_FOUND")) return;
        if (!hasCode(error, "CONTAINERD_UNREACHABLE")) {
          this.#logger.warn({ id, error: messageOf(error) }, "container could not be stopped");
          return;
        }
        await systemClock.sleep(pollMs, this.#closed.signal).catch(() => {});
      }
    }
  }
}
