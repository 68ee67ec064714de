import type { Logger } from "@drydock/kit";
import { type Container, containerStatusesOf, type Pod } from "@drydock/machinery";
import { containerOf } from "../pods/restart-policy.ts";
import type { ContainerHealth } from "../pods/view.ts";
import type { ObservedContainer, ObservedPod, PodRuntime } from "../port/pod-runtime.ts";
import { ContainerProber } from "./container-prober.ts";
import type { ProbeKind } from "./probe-state.ts";

export interface PodProbersOptions {
  runtime: PodRuntime;
  now: () => number;
  logger: Logger;
  onChange: () => void;
  onFailure: (container: string, kind: ProbeKind, message: string) => void;
}

/** The probers of one pod: one for each running container that has probes. */
export class PodProbers {
  readonly #options: PodProbersOptions;
  readonly #probers = new Map<string, ContainerProber>();

  constructor(options: PodProbersOptions) {
    this.#options = options;
  }

  health(): Map<string, ContainerHealth> {
    return new Map([...this.#probers].map(([id, prober]) => [id, prober.health]));
  }

  /** Starts probing what runs, and stops probing what does not run any more. */
  follow(pod: Pod, observed: ObservedPod | undefined, stopping: ReadonlyMap<string, number>): void {
    const running = (observed?.containers ?? []).filter((run) => run.state === "running");
    for (const id of [...this.#probers.keys()]) {
      if (running.some((run) => run.id === id)) continue;
      this.retire(id);
      this.#probers.delete(id);
    }
    for (const run of running) {
      const container = containerOf(pod, run.name);
      if (!container || !hasProbes(container) || this.#probers.has(run.id) || stopping.has(run.id)) continue;
      this.#probers.set(run.id, this.#start(pod, container, run, observed?.sandbox?.ip ?? ""));
    }
  }

  /** No more tries; what was found out stays until the container has ended. */
  retire(id: string): void {
    this.#probers.get(id)?.stop();
  }

  retireAll(): void {
    for (const id of this.#probers.keys()) this.retire(id);
  }

  #start(pod: Pod, container: Container, run: ObservedContainer, podIP: string): ContainerProber {
    const { runtime, now, logger, onChange, onFailure } = this.#options;
    // An agent that was restarted goes on from what it reported of the same run: a ready pod must not flicker.
    const reported = containerStatusesOf(pod.status).find(({ containerID }) => containerID?.endsWith(`://${run.id}`));
    const prober = new ContainerProber(container, {
      target: {
        podIP,
        container,
        exec: (command, signal) => runtime.exec(run.id, { command, tty: false, stdin: false, signal }),
      },
      startedAt: Date.parse(run.startedAt ?? run.createdAt),
      ready: reported?.ready ?? false,
      started: reported?.started ?? false,
      onChange,
      onFailure: (kind, outcome) => onFailure(container.name, kind, outcome.message),
      now,
      logger,
    });
    prober.start();
    return prober;
  }
}

function hasProbes(container: Container): boolean {
  return Boolean(container.readinessProbe || container.livenessProbe || container.startupProbe);
}
