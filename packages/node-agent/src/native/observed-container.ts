import type { ContainerState } from "@drydock/runtime";
import type { ObservedContainer } from "../port/pod-runtime.ts";
import type { ContainerRecord, FailureRecord } from "./records.ts";

/** Joins what was written down before a start with what the runtime sees now. Pure. */
export function observedContainer(
  record: ContainerRecord,
  state: ContainerState | undefined,
  failure: FailureRecord | undefined,
): ObservedContainer {
  const { process: _process, layers: _layers, stopSignal: _stopSignal, ...known } = record;
  const base = { ...known, notEnforced: state?.notEnforced ?? [] };
  if (failure) return { ...base, state: "exited", ...failure };
  if (!state || (state.status === "created" && !state.exit)) return { ...base, state: "created" };
  const startedAt = state.started ?? state.created;
  if (state.status !== "stopped") return { ...base, state: "running", startedAt };
  const { exit } = state;
  if (!exit) {
    // Its shim was killed too, or the machine went down: nobody saw how it ended.
    return {
      ...base,
      state: "exited",
      startedAt,
      finishedAt: state.finished ?? startedAt,
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was looked at",
    };
  }
  return {
    ...base,
    state: "exited",
    startedAt,
    finishedAt: exit.finishedAt,
    exitCode: exit.code,
    reason: exit.oomKilled ? "OOMKilled" : exit.code === 0 ? "Completed" : "Error",
  };
}
