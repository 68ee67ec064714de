import {
  ioPriorityClasses,
  memoryPolicyFlags,
  memoryPolicyModes,
  parseNumberList,
  schedulerFlags,
  schedulerPolicies,
} from "@drydock/linux";
import type { MemoryPolicyConfig, ProcessConfig, SchedulerConfig } from "../types.ts";
import { type Check, integer, invalid, list, object, oneOf, text } from "./check.ts";

const numberList: Check = (value, path) => {
  text(value, path);
  if (value !== "" && !parseNumberList(value as string)) {
    throw invalid(path, `${JSON.stringify(value)} is not a list of numbers`, "write it as 0-3,7");
  }
};

export const ioPriorityShape = object(
  { class: oneOf(...Object.keys(ioPriorityClasses)), priority: integer(0, 7) },
  { required: ["class", "priority"] },
);

export const schedulerShape = object(
  {
    policy: oneOf(...Object.keys(schedulerPolicies)),
    nice: integer(-20, 19),
    priority: integer(0, 99),
    flags: list(oneOf(...Object.keys(schedulerFlags))),
    runtime: integer(0),
    deadline: integer(0),
    period: integer(0),
  },
  { required: ["policy"] },
);

export const affinityShape = object({ initial: numberList, final: numberList });

export const memoryPolicyShape = object(
  {
    mode: oneOf(...Object.keys(memoryPolicyModes)),
    nodes: numberList,
    flags: list(oneOf(...Object.keys(memoryPolicyFlags))),
  },
  { required: ["mode"] },
);

/** What the kernel would refuse with a bare EINVAL (sched_setattr(2), set_mempolicy(2)). */
export function checkScheduling(process: ProcessConfig, path: string): void {
  if (process.scheduler) checkScheduler(process.scheduler, `${path}.scheduler`);
}

function checkScheduler(
  { policy, priority = 0, runtime = 0, deadline = 0, period = 0 }: SchedulerConfig,
  path: string,
) {
  const realtime = policy === "SCHED_FIFO" || policy === "SCHED_RR";
  if (realtime && priority === 0) throw invalid(`${path}.priority`, `${policy} needs one`, "1, the lowest, to 99");
  if (!realtime && priority !== 0) throw invalid(`${path}.priority`, `has no meaning for ${policy}`, "use nice");
  const isDeadline = policy === "SCHED_DEADLINE";
  if (isDeadline && !(0 < runtime && runtime <= deadline && (period === 0 || deadline <= period))) {
    throw invalid(path, "SCHED_DEADLINE needs 0 < runtime <= deadline <= period, in nanoseconds");
  }
  if (!isDeadline && (runtime || deadline || period)) {
    throw invalid(path, `runtime, deadline and period have no meaning for ${policy}`, "they are of SCHED_DEADLINE");
  }
}

export function checkMemoryPolicy(policy: MemoryPolicyConfig | undefined): void {
  if (!policy) return;
  const without = policy.mode === "MPOL_DEFAULT" || policy.mode === "MPOL_LOCAL";
  if (without && policy.nodes) throw invalid("linux.memoryPolicy.nodes", `${policy.mode} takes no nodes`);
  if (!without && policy.mode !== "MPOL_PREFERRED" && !policy.nodes) {
    throw invalid("linux.memoryPolicy.nodes", `${policy.mode} needs at least one node`, "see numactl --hardware");
  }
}
