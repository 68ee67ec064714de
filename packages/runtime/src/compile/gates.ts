import { memory, named, openFlags, prctlOperations, type Step } from "@drydock/linux";
import type { CompileInput, Gate } from "./compile-input.ts";
import { firstKept, gateFiles, kept } from "./kept.ts";
import { reportFd } from "./steps.ts";

const reasons: Record<Gate, string> = {
  hooks: "the container's namespaces and mounts are there: wait for the hooks that run before pivot_root",
  start: "the container is created: wait for its start",
};

/**
 * A place at which the container's process waits until another process lets it go on, which need not be the one that
 * made it. Two FIFOs in the container's directory serve for it: a byte in the first is the leave to go on, and from the
 * gate on failed steps are reported into the second. Whoever gives leave reads the second to its end: as with the report
 * pipe, the end without a failure is success (execve, or the next gate).
 */
export function gateSteps(input: CompileInput, gate: Gate): Step[] {
  if (!input.gates?.includes(gate)) return [];
  const { go, report } = gateFiles(gate);
  return [
    {
      name: "dup3",
      args: [kept(input, report), reportFd, named("O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "all went well so far: the report so far ends here, and who opens the gate gets the next",
    },
    { name: "close", args: [kept(input, report)], why: "the report ends with descriptor 3 alone" },
    ...(gate === "start" ? [closeTransient] : []),
    ...(input.facts.rootless ? [dumpable(1, "hooks of this user enter its namespaces: they may look at it")] : []),
    { name: "read", args: [kept(input, go), memory("gateByte"), 1], why: reasons[gate] },
    ...(input.facts.rootless ? [dumpable(0, "from here on nobody may again")] : []),
    { name: "close", args: [kept(input, go)], why: "the gate is open" },
  ];
}

/** What the steps so far have opened and the rest does not use. */
const closeTransient: Step = {
  name: "close_range",
  args: [Number(reportFd.value) + 1, firstKept - 1, 0],
  why: "who waits, perhaps for long, holds nothing that it does not need",
};

/** An ordinary user enters the namespaces of a process only if it may look into it (setns(2), ptrace(2)); root may anyway. */
function dumpable(value: 0 | 1, why: string): Step {
  return {
    name: "prctl",
    args: [named("PR_SET_DUMPABLE", prctlOperations.PR_SET_DUMPABLE), value, 0, 0, 0],
    why,
  };
}

/** Memory that the steps above use. */
export const gateMemory = { gateByte: { bytes: 8 } };
