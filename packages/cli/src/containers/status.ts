import type { ObservedContainer } from "@drydock/node-agent";
import { ageOf } from "../output/age.ts";
import { type ContainerRecord, shortId } from "./record.ts";

/** A container as `ps -o json` prints it. */
export interface ContainerView {
  name: string;
  id: string;
  runtime: string;
  image: string;
  command: string[];
  /** `unknown`: the runtime could not be asked. */
  state: ObservedContainer["state"] | "unknown";
  exitCode?: number;
  reason?: string;
  message?: string;
  ip?: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  /** In words: what was asked for and is not in force here. */
  notEnforced: string[];
}

/** Pure. */
export function viewOf(
  record: ContainerRecord,
  observed: { run?: ObservedContainer; ip?: string } | undefined | "unreachable",
): ContainerView {
  const { name, runtime, createdAt, request } = record;
  const base = { name, id: shortId(record), runtime, image: request.image, command: request.command, createdAt };
  if (observed === "unreachable") return { ...base, state: "unknown", notEnforced: [] };
  const { run, ip } = observed ?? {};
  if (!run) return { ...base, state: "created", notEnforced: [], ...(ip ? { ip } : {}) };
  const { state, exitCode, reason, message, startedAt, finishedAt, notEnforced } = run;
  return {
    ...base,
    state,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(ip && state === "running" ? { ip } : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    notEnforced,
  };
}

/** "up 3m", "exited (5) 2m ago". Pure. */
export function statusText(view: ContainerView, now: number): string {
  switch (view.state) {
    case "running":
      return `up ${ageOf(view.startedAt, now)}`;
    case "exited":
      return `exited (${view.exitCode ?? "?"}) ${ageOf(view.finishedAt, now)} ago`;
    case "created":
      return "created";
    case "unknown":
      return "unknown: the runtime does not answer";
  }
}
