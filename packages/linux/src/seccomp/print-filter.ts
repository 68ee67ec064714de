import { type ClassicInstruction, classicCodes } from "../bpf/classic.ts";
import { conventions } from "./architectures.ts";
import type { SeccompFilter } from "./compile-filter.ts";
import { dataOffsets } from "./conditions.ts";
import { describeReturn } from "./profile.ts";

const comparisons: Record<number, string> = {
  [classicCodes.jumpEqual]: "==",
  [classicCodes.jumpGreater]: ">",
  [classicCodes.jumpGreaterOrEqual]: ">=",
  [classicCodes.jumpSet]: "&",
};

/** A filter as a listing, one line an instruction: `  4  if number >= 135 (personality) go to 40, else to 5`. */
export function printFilter({ instructions }: Pick<SeccompFilter, "instructions">): string {
  const width = String(instructions.length - 1).length;
  // What A holds, and which architecture's numbers are meant, by instruction: jumps only go forward, so one pass tells.
  const states: State[] = [{ loaded: "", names: new Map() }];
  const lines = instructions.map((one, index) => {
    const state = states[index] ?? { loaded: "?", names: new Map() };
    for (const [target, known] of successors(one, index, state)) states[target] ??= known;
    return `${String(index).padStart(width)}  ${printInstruction(one, index, state, instructions)}`;
  });
  return `${lines.join("\n")}\n`;
}

interface State {
  loaded: string;
  names: ReadonlyMap<number, string>;
}

function successors({ code, jt, jf, k }: ClassicInstruction, index: number, state: State): [number, State][] {
  if (code === classicCodes.returnValue) return [];
  if (code === classicCodes.load) return [[index + 1, { ...state, loaded: inputName(k) }]];
  if (code === classicCodes.and) return [[index + 1, { ...state, loaded: `${state.loaded} & ${hex(k)}` }]];
  if (code === classicCodes.jumpAlways) return [[index + 1 + k, state]];
  const names = state.loaded === "arch" ? namesOf(k) : state.names;
  return [
    [index + 1 + jt, { ...state, names }],
    [index + 1 + jf, state],
  ];
}

const architectureNames = new Map([
  [conventions.SCMP_ARCH_X86_64?.audit, "x86-64"],
  [conventions.SCMP_ARCH_X86?.audit, "32-bit x86"],
  [conventions.SCMP_ARCH_AARCH64?.audit, "aarch64"],
]);

function printInstruction(
  { code, jt, jf, k }: ClassicInstruction,
  index: number,
  { loaded, names }: State,
  all: readonly ClassicInstruction[],
): string {
  if (code === classicCodes.load) return `load ${inputName(k)}`;
  if (code === classicCodes.and) return `and ${hex(k)}`;
  if (code === classicCodes.returnValue) return `return ${describeReturn(k)}`;
  if (code === classicCodes.jumpAlways) return `go to ${index + 1 + k}`;
  const target = (distance: number): string => {
    const there = all[index + 1 + distance];
    const answer = there?.code === classicCodes.returnValue ? ` (${describeReturn(there.k)})` : "";
    return `${index + 1 + distance}${answer}`;
  };
  return `if ${loaded} ${comparisons[code] ?? "?"} ${compared(k, loaded, names)} go to ${target(jt)}, else to ${target(jf)}`;
}

function compared(k: number, loaded: string, names: ReadonlyMap<number, string>): string {
  if (loaded === "number") return `${k}${name(names.get(k))}`;
  return loaded === "arch" ? `${hex(k)}${name(architectureNames.get(k))}` : hex(k);
}

function name(text: string | undefined): string {
  return text === undefined ? "" : ` (${text})`;
}

function namesOf(audit: number): Map<number, string> {
  const all = new Map<number, string>();
  for (const convention of Object.values(conventions)) {
    if (convention.audit !== audit) continue;
    for (const [call, number] of convention.numbers())
      all.set(number + convention.numberBit, convention.numberBit ? `x32 ${call}` : call);
  }
  return all;
}

function inputName(offset: number): string {
  if (offset === dataOffsets.number) return "number";
  if (offset === dataOffsets.arch) return "arch";
  const argument = (offset - dataOffsets.low) >> 3;
  return `${(offset & 4) === 0 ? "low" : "high"} half of argument ${argument}`;
}

function hex(value: number): string {
  return value < 10 ? String(value) : `0x${value.toString(16)}`;
}
