import type { Logger } from "@drydock/kit";
import type { Container, Probe } from "@drydock/machinery";
import type { ContainerHealth } from "../pods/view.ts";
import {
  initialProbeState,
  isEager,
  nextProbeDelayMs,
  nextProbeState,
  type ProbeKind,
  type ProbeOutcome,
  type ProbeState,
} from "./probe-state.ts";
import { type ProbeTarget, runProbe } from "./run-probe.ts";

export interface ProberOptions {
  target: ProbeTarget;
  /** When the container was started, ms since the epoch. */
  startedAt: number;
  /** What was known before, e.g. by an agent that was restarted: a ready container stays ready until a probe fails. */
  ready: boolean;
  started: boolean;
  onChange: (health: ContainerHealth) => void;
  onFailure: (kind: ProbeKind, outcome: ProbeOutcome) => void;
  now: () => number;
  logger: Logger;
}

/** Probes one run of a container until it is stopped. Liveness and readiness begin when the startup probe has succeeded. */
export class ContainerProber {
  readonly #container: Container;
  readonly #options: ProberOptions;
  readonly #states = new Map<ProbeKind, ProbeState>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #health: ContainerHealth;
  #stopped = false;

  constructor(container: Container, options: ProberOptions) {
    this.#container = container;
    this.#options = options;
    this.#health = {
      started: container.startupProbe === undefined || options.started,
      ready: container.readinessProbe === undefined || options.ready,
    };
  }

  get health(): ContainerHealth {
    return this.#health;
  }

  /** The first tries are made at once. */
  start(): void {
    if (this.#health.started) this.#startSteady();
    else this.#begin("startup", this.#container.startupProbe);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #startSteady(): void {
    this.#begin("readiness", this.#container.readinessProbe);
    this.#begin("liveness", this.#container.livenessProbe);
  }

  #begin(kind: ProbeKind, probe: Probe | undefined): void {
    if (!probe) return;
    const age = this.#options.now() - this.#options.startedAt;
    this.#later((probe.initialDelaySeconds ?? 0) * 1000 - age, () => this.#try(kind, probe, 1));
  }

  #later(ms: number, action: () => Promise<void>): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        action().catch((error: unknown) => this.#options.logger.error({ error }, "probe could not be made"));
      },
      Math.max(0, ms),
    );
    this.#timers.add(timer);
  }

  async #try(kind: ProbeKind, probe: Probe, tries: number): Promise<void> {
    const outcome = await runProbe(probe, this.#options.target).catch(
      (error: Error): ProbeOutcome => ({ ok: false, message: error.message }),
    );
    if (this.#stopped) return;
    const before = this.#states.get(kind) ?? initialProbeState;
    const counts = outcome.ok || !isEager(kind, before, tries);
    const state = counts ? nextProbeState(before, outcome.ok, probe) : before;
    this.#states.set(kind, state);
    if (!outcome.ok && counts) this.#options.onFailure(kind, outcome);
    this.#judge(kind, state);
    if (this.#stopped || (kind === "startup" && state.verdict === "success")) return;
    this.#later(nextProbeDelayMs(kind, probe, state, tries), () => this.#try(kind, probe, tries + 1));
  }

  #judge(kind: ProbeKind, state: ProbeState): void {
    if (kind === "startup" && state.verdict === "success") {
      this.#set({ ...this.#health, started: true });
      this.#startSteady();
    } else if (kind === "readiness" && state.verdict !== "unknown") {
      this.#set({ ...this.#health, ready: state.verdict === "success" });
    } else if (state.verdict === "failure" && kind !== "readiness") {
      this.#set({ ...this.#health, ready: false, failed: kind });
    }
  }

  #set(health: ContainerHealth): void {
    const { started, ready, failed } = this.#health;
    if (health.started === started && health.ready === ready && health.failed === failed) return;
    this.#health = health;
    this.#options.onChange(health);
  }
}
