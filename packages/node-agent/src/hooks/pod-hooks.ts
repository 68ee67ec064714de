import type { LifecycleHandler, Pod } from "@drydock/machinery";
import { containerOf } from "../pods/restart-policy.ts";
import type { ObservedContainer, PodRuntime } from "../port/pod-runtime.ts";
import { runHook } from "./run-hook.ts";

export interface PodHooksOptions {
  runtime: PodRuntime;
  event: (container: string, reason: string, message: string) => void;
}

/** kubelet gives a container so long after its preStop hook, however long that took, ms. */
const leastGraceMs = 2_000;
/** A postStart hook that hangs must not hold its session for ever, ms. */
const postStartLimitMs = 600_000;

/** Runs the lifecycle hooks of one pod's containers. */
export class PodHooks {
  readonly #options: PodHooksOptions;
  /** Containers whose preStop hook has been begun. */
  readonly #stopping = new Set<string>();

  constructor(options: PodHooksOptions) {
    this.#options = options;
  }

  /** False when the hook failed: the container has to be ended. */
  async postStart(pod: Pod, run: ObservedContainer, podIP: string): Promise<boolean> {
    return this.#run(pod, run, podIP, "postStart", postStartLimitMs);
  }

  /** Runs the preStop hook, once for a container. Resolves with what is left of the grace period, ms. */
  async preStop(pod: Pod | undefined, run: ObservedContainer, podIP: string, graceMs: number): Promise<number> {
    if (!pod || graceMs === 0 || this.#stopping.has(run.id) || !handlerOf(pod, run, "preStop")) return graceMs;
    this.#stopping.add(run.id);
    const begin = performance.now();
    await this.#run(pod, run, podIP, "preStop", graceMs);
    return Math.max(leastGraceMs, graceMs - (performance.now() - begin));
  }

  /** The container has ended. */
  forget(id: string): void {
    this.#stopping.delete(id);
  }

  async #run(
    pod: Pod,
    run: ObservedContainer,
    podIP: string,
    which: "postStart" | "preStop",
    timeoutMs: number,
  ): Promise<boolean> {
    const container = containerOf(pod, run.name);
    const handler = handlerOf(pod, run, which);
    if (!container || !handler) return true;
    const { runtime, event } = this.#options;
    const exec = (command: string[], signal: AbortSignal) =>
      runtime.exec(run.id, { command, tty: false, stdin: false, signal });
    const { ok, message } = await runHook(handler, { podIP, container, exec }, timeoutMs);
    const name = which === "postStart" ? "PostStartHook" : "PreStopHook";
    if (!ok) event(run.name, `Failed${name}`, `${name} failed${message ? `: ${message}` : ""}`);
    return ok;
  }
}

function handlerOf(pod: Pod, run: ObservedContainer, which: "postStart" | "preStop"): LifecycleHandler | undefined {
  return containerOf(pod, run.name)?.lifecycle?.[which];
}
