import type { Probe } from "@drydock/machinery";

export type ProbeKind = "startup" | "liveness" | "readiness";

/** What a probe has come to: counts in a row, and the verdict that holds until a threshold is reached. */
export interface ProbeState {
  verdict: "unknown" | "success" | "failure";
  successes: number;
  failures: number;
}

export interface ProbeOutcome {
  ok: boolean;
  /** What went wrong, for the Unhealthy event. */
  message: string;
}

export const initialProbeState: ProbeState = { verdict: "unknown", successes: 0, failures: 0 };

/** The state after one more try. Pure. */
export function nextProbeState(state: ProbeState, ok: boolean, probe: Probe): ProbeState {
  const successes = ok ? state.successes + 1 : 0;
  const failures = ok ? 0 : state.failures + 1;
  let { verdict } = state;
  if (ok && successes >= (probe.successThreshold ?? 1)) verdict = "success";
  if (!ok && failures >= (probe.failureThreshold ?? 3)) verdict = "failure";
  return { verdict, successes, failures };
}

/** 20, 40, 80 … 640 ms after the start: about 1.3 s in all. */
const eagerTries = 6;
const firstRetryMs = 20;

/**
 * Whether a try is one of the early ones, which find out soon that a server is up and do not count when they fail. Most servers listen a
 * few milliseconds after execve, and a period is meant for servers that are up; kubelet instead waits a random part of the first period.
 */
export function isEager(kind: ProbeKind, state: ProbeState, tries: number): boolean {
  return kind !== "liveness" && state.verdict === "unknown" && tries <= eagerTries;
}

/** When the next try is due after try number `tries` (1 is the first), ms. */
export function nextProbeDelayMs(kind: ProbeKind, probe: Probe, state: ProbeState, tries: number): number {
  const period = (probe.periodSeconds ?? 10) * 1000;
  return isEager(kind, state, tries) ? Math.min(period, firstRetryMs * 2 ** (tries - 1)) : period;
}
