import { inherited, named, type Operand, openFlags, resultOf, type Step } from "@drydock/linux";
import type { CompileInput } from "./compile-input.ts";
import { shimSourceNames } from "./sources.ts";
import { fifoSteps } from "./steps.ts";

/**
 * Descriptors that the container's process keeps while it closes all others: those of its gates, the socket for its
 * terminal, what its caller hands on to it, and the clones of sources.ts. They have numbers of their own, above what a program opens on the way,
 * and close by themselves on execve.
 */
export const firstKept = 100;

/** Names of the FIFOs of a gate in the container's directory; see gates.ts. */
export const gateFiles = (gate: string) => ({ go: gate, report: `${gate}.report` });

/** Names of inherited descriptors: the socket that takes the terminal, and what the container gets as 3, 4, 5 … */
export const consoleSocket = "console";
export const preservedName = (index: number): string => `preserved${index}`;

function keptNames(input: CompileInput): { fifos: string[]; inherited: string[]; sources: string[] } {
  return {
    sources: shimSourceNames(input),
    fifos: (input.gates ?? []).flatMap((gate) => Object.values(gateFiles(gate))),
    inherited: [
      ...(input.streams === "console" ? [consoleSocket] : []),
      ...Array.from({ length: input.preserved ?? 0 }, (_, index) => preservedName(index)),
    ],
  };
}

/** One of them, where it is from the shim on. */
export function kept(input: CompileInput, name: string): Operand {
  const { fifos, inherited, sources } = keptNames(input);
  return named(name, firstKept + [...fifos, ...inherited, ...sources].indexOf(name));
}

/** In the shim: makes the FIFOs in the container's directory, and brings all to their places. */
export function keepSteps(input: CompileInput): Step[] {
  const names = keptNames(input);
  const place = (from: Operand, name: string): Step[] => [
    {
      name: "dup3",
      args: [from, kept(input, name), named("O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "out of the way of what the container's process closes",
    },
    { name: "close", args: [from], why: "only that one is needed" },
  ];
  return [
    ...names.fifos.flatMap((name) => [
      ...fifoSteps(name, "fifo", "both ends: it is there to be opened by who lets the container go on"),
      ...place(resultOf("fifo"), name),
    ]),
    ...names.inherited.flatMap((name) => place(inherited(name), name)),
  ];
}

/** In the shim, once the container's process has its copies. */
export function letGoOfKept(input: CompileInput): Step[] {
  const { fifos, inherited, sources } = keptNames(input);
  const count = fifos.length + inherited.length + sources.length;
  if (count === 0) return [];
  return [
    {
      name: "close_range",
      args: [firstKept, firstKept + count - 1, 0],
      why: "only the container's process holds them: it is gone when they are",
    },
  ];
}

/** In the container's process: everything that is not its own goes. */
export function closeOthers(input: CompileInput): Step[] {
  const { fifos, inherited, sources } = keptNames(input);
  const count = fifos.length + inherited.length + sources.length;
  const why = "the shim's descriptors are not ours";
  if (count === 0) return [{ name: "close_range", args: [4, named("~0", 0xffffffff), 0], why }];
  return [
    { name: "close_range", args: [4, firstKept - 1, 0], why },
    { name: "close_range", args: [firstKept + count, named("~0", 0xffffffff), 0], why },
  ];
}

/** The caller's descriptors that this program hands on; see preservedReport. */
export function preservedDescriptors(input: CompileInput): Operand[] {
  return Array.from({ length: input.preserved ?? 0 }, (_, index) => kept(input, preservedName(index)));
}
