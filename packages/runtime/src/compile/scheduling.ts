import {
  flags,
  IOPRIO_WHO_PROCESS,
  ioPriority,
  memoryPolicyFlags,
  memoryPolicyModes,
  named,
  numberMask,
  parseNumberList,
  personalities,
  type Step,
  schedulerBytes,
  schedulerFlags,
  schedulerPolicies,
  struct,
} from "@drydock/linux";
import type { ProcessConfig, RuntimeConfig } from "../types.ts";

/** When this process gets a CPU and the disk: while it has the rights for it. */
export function prioritySteps({ ioPriority: io, scheduler }: ProcessConfig): Step[] {
  return [
    ...(io
      ? [
          {
            name: "ioprio_set",
            args: [
              named("IOPRIO_WHO_PROCESS", IOPRIO_WHO_PROCESS),
              0,
              named(`${io.class}|${io.priority}`, ioPriority(io.class, io.priority)),
            ],
            why: "process.ioPriority",
          } satisfies Step,
        ]
      : []),
    ...(scheduler ? [schedulerStep(scheduler)] : []),
  ];
}

function schedulerStep(scheduler: NonNullable<ProcessConfig["scheduler"]>): Step {
  const { policy, nice = 0, priority = 0, runtime = 0, deadline = 0, period = 0 } = scheduler;
  const options = flags(schedulerFlags, ...(scheduler.flags ?? []));
  const bytes = schedulerBytes({
    policy: schedulerPolicies[policy],
    flags: Number(options.value),
    nice,
    priority,
    runtime,
    deadline,
    period,
  });
  const details = Object.entries({ nice, priority, runtime, deadline, period }).filter(([, value]) => value !== 0);
  const text = [
    policy,
    ...(options.value ? [options.text] : []),
    ...details.map(([name, value]) => `${name} ${value}`),
  ].join(", ");
  return { name: "sched_setattr", args: [0, struct(bytes, `{${text}}`), 0], why: "process.scheduler" };
}

/** The CPUs that a process may run on: process.execCPUAffinity, of an exec alone. */
export function affinityStep(cpus: string | undefined, why: string): Step[] {
  const numbers = cpus ? parseNumberList(cpus) : undefined;
  if (!numbers) return [];
  const mask = numberMask(numbers);
  return [{ name: "sched_setaffinity", args: [0, mask.length, struct(mask, `{${cpus}}`)], why }];
}

/** What the first process hands down to all others: linux.memoryPolicy and linux.personality. */
export function machineSteps({ linux }: RuntimeConfig): Step[] {
  return [...memoryPolicySteps(linux?.memoryPolicy), ...personalitySteps(linux?.personality?.domain)];
}

function memoryPolicySteps(policy: NonNullable<RuntimeConfig["linux"]>["memoryPolicy"]): Step[] {
  if (!policy) return [];
  const options = flags(memoryPolicyFlags, ...(policy.flags ?? []));
  const mode = named(
    [policy.mode, ...(policy.flags ?? [])].join("|"),
    memoryPolicyModes[policy.mode] | Number(options.value),
  );
  const numbers = policy.nodes ? (parseNumberList(policy.nodes) ?? []) : [];
  const mask = numberMask(numbers);
  return [
    {
      name: "set_mempolicy",
      // The kernel takes one bit less than it is told (mm/mempolicy.c, get_nodes).
      args: numbers.length > 0 ? [mode, struct(mask, `{${policy.nodes}}`), mask.length * 8 + 1] : [mode, 0, 0],
      why: "linux.memoryPolicy: from which nodes its memory comes",
    },
  ];
}

export function personalitySteps(domain: keyof typeof personalities | undefined): Step[] {
  if (!domain) return [];
  return [
    {
      name: "personality",
      args: [named(`PER_${domain}`, personalities[domain])],
      why: "linux.personality: what uname says of the machine",
    },
  ];
}
