import { type Clock, type Logger, messageOf } from "@drydock/kit";
import type { Pod } from "@drydock/machinery";
import type { PodHooks } from "../hooks/pod-hooks.ts";
import type { ObservedContainer, ObservedPod, PodRuntime } from "../port/pod-runtime.ts";
import type { Action } from "./decide.ts";

export interface ContainerStopsOptions {
  runtime: PodRuntime;
  hooks: PodHooks;
  clock: Clock;
  logger: Logger;
  /** The container has been asked for the first time. */
  onBegin: (run: ObservedContainer, message: string) => void;
  onEnd: () => void;
  /** It could not be stopped; it is tried again when this pod is looked at next. */
  onFailure: () => void;
}

/** Containers of one pod that have been asked to stop. Their ends are noticed like any other. */
export class ContainerStops {
  readonly #options: ContainerStopsOptions;
  readonly #deadlines = new Map<string, number>();

  constructor(options: ContainerStopsOptions) {
    this.#options = options;
  }

  /** Container id -> the moment at which it is killed, ms since the epoch. */
  get deadlines(): ReadonlyMap<string, number> {
    return this.#deadlines;
  }

  /** Runs the preStop hook, asks the container to stop, and goes on. A second call may only leave less time. */
  begin({ run, deadline, message }: Extract<Action, { type: "stop" }>, pod: Pod | undefined, podIP: string): void {
    const { runtime, hooks, clock, logger, onBegin, onEnd, onFailure } = this.#options;
    if (!this.#deadlines.has(run.id)) onBegin(run, message);
    this.#deadlines.set(run.id, deadline);
    const stop = async (): Promise<void> => {
      const left = await hooks.preStop(pod, run, podIP, Math.max(0, deadline - clock.now()));
      await runtime.stopContainer(run.id, left);
    };
    stop().then(onEnd, (error: unknown) => {
      logger.error(
        { container: run.name, error: messageOf(error) },
        "container could not be stopped, will be tried again",
      );
      this.#deadlines.delete(run.id);
      onFailure();
    });
  }

  /** Lets go of those that have ended. */
  follow(observed: ObservedPod | undefined): void {
    for (const id of this.#deadlines.keys()) {
      if (observed?.containers.find((run) => run.id === id)?.state === "running") continue;
      this.#deadlines.delete(id);
      this.#options.hooks.forget(id);
    }
  }
}
