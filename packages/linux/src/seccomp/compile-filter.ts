import { BackwardAssembler, type Label } from "../bpf/backward-assembler.ts";
import { type ClassicInstruction, classicMaximum, encodeClassic } from "../bpf/classic.ts";
import { failure } from "../errors.ts";
import type { Architecture } from "../syscalls/numbers.ts";
import { type CallingConvention, conventions, nativeConvention, x32Bit } from "./architectures.ts";
import { dataOffsets, testArgument } from "./conditions.ts";
import { type Decision, decideCalls } from "./decide.ts";
import { type SeccompProfile, seccompActions, seccompFlags } from "./profile.ts";

export interface SeccompFilter {
  instructions: ClassicInstruction[];
  /** What seccomp(2) is given: struct sock_filter[]. */
  bytes: Buffer;
  /** The flags argument of seccomp(2), and their names. */
  flags: number;
  flagNames: string[];
  /** SCMP_ARCH_* whose calls the filter knows; those of any other end the thread. */
  architectures: string[];
  /** Names of the profile that none of these architectures has. */
  unknownCalls: string[];
}

export interface CompileFilterOptions {
  arch: Architecture;
  /** `refuse`: a name that no architecture has is an error, where a profile must not be weaker than it reads. */
  unknownCalls?: "ignore" | "refuse";
}

/** Numbers from `first` to before the next range's, and what is decided about them. */
interface Range {
  first: number;
  decision: Decision;
  narrow: boolean;
}

const defaultFlags = ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"];

/**
 * A profile as a classic BPF program. The kernel runs it on every system call, so calls are not looked for one after the
 * other: neighbouring numbers with the same answer become a range, and the ranges a binary tree, about eight comparisons
 * deep for Docker's profile. Pure. Throws LINUX_BAD_SECCOMP.
 */
export function compileFilter(profile: SeccompProfile, options: CompileFilterOptions): SeccompFilter {
  const native = nativeConvention(options.arch);
  const family = options.arch === "x64" ? ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"] : [native];
  const architectures = family.filter((name) => name === native || profile.architectures?.includes(name));
  const chosen = architectures.flatMap((name) => conventions[name] ?? []);
  const unknownCalls = unknownNames(profile, chosen);
  if (options.unknownCalls === "refuse" && unknownCalls.length > 0) {
    throw failure("LINUX_BAD_SECCOMP", `no system call is called ${unknownCalls.join(", ")}`, {
      details: { names: unknownCalls },
    });
  }
  const flagNames = profile.flags ?? defaultFlags;
  const instructions = assemble(profile, chosen);
  if (instructions.length > classicMaximum) {
    throw failure(
      "LINUX_BAD_SECCOMP",
      `the seccomp profile takes ${instructions.length} instructions, the kernel takes ${classicMaximum}`,
      { hint: "use fewer rules about arguments" },
    );
  }
  return {
    instructions,
    bytes: encodeClassic(instructions),
    flags: flagNames.reduce((all, name) => all | (seccompFlags[name as keyof typeof seccompFlags] ?? 0), 0),
    flagNames,
    architectures,
    unknownCalls,
  };
}

function unknownNames(profile: SeccompProfile, chosen: readonly CallingConvention[]): string[] {
  const tables = chosen.map((convention) => convention.numbers());
  const names = new Set((profile.syscalls ?? []).flatMap((rule) => rule.names));
  return [...names].filter((name) => !tables.some((table) => table.has(name)));
}

function assemble(profile: SeccompProfile, chosen: readonly CallingConvention[]): ClassicInstruction[] {
  const code = new BackwardAssembler();
  const shared = new Map<string, Label>();
  // Written from the end: the tree of the last architecture first, the choice between them last.
  let next = code.returns(seccompActions.SCMP_ACT_KILL_THREAD);
  for (const audit of [...new Set(chosen.map((one) => one.audit))].reverse()) {
    const ranges = rangesOf(
      profile,
      chosen.filter((one) => one.audit === audit),
    );
    const tree = code.load(dataOffsets.number, branch(code, shared, ranges));
    next = code.jump("jumpEqual", audit, tree, next);
  }
  code.load(dataOffsets.arch, next);
  return code.program();
}

/** All 2^32 numbers of one seccomp_data.arch, in order, without two neighbours that say the same. */
function rangesOf(profile: SeccompProfile, conventionsOfArch: readonly CallingConvention[]): Range[] {
  const ranges: Range[] = [];
  const add = (first: number, decision: Decision, narrow: boolean): void => {
    const before = ranges.at(-1);
    if (before?.first === first) ranges.pop();
    const last = ranges.at(-1);
    // Whether arguments are narrow is only seen where they are looked at.
    const range = { first, decision, narrow };
    if (last && saysTheSame(last, range)) return;
    ranges.push(range);
  };
  for (const convention of [...conventionsOfArch].sort((a, b) => a.numberBit - b.numberBit)) {
    const { byNumber, other, above, highest } = decideCalls(profile, convention);
    const constant = (value: number): Decision => ({ alternatives: [], otherwise: value });
    const unnamed = constant(other);
    add(convention.numberBit, unnamed, false);
    for (const number of [...byNumber.keys()].sort((a, b) => a - b)) {
      add(convention.numberBit + number, byNumber.get(number) ?? unnamed, convention.narrow);
      add(convention.numberBit + number + 1, unnamed, false);
    }
    add(convention.numberBit + highest + 1, constant(above), false);
    const x32IsMissing = convention.audit === conventions.SCMP_ARCH_X32?.audit && conventionsOfArch.length === 1;
    // An architecture that is not in the profile, though its calls look like ours.
    if (x32IsMissing && above === other) add(x32Bit, constant(seccompActions.SCMP_ACT_KILL_THREAD), false);
  }
  return ranges;
}

/** Most calls have no conditions, and nothing needs to be written down to compare two of them. */
function saysTheSame(one: Range, other: Range): boolean {
  if (one.decision === other.decision) return one.narrow === other.narrow || one.decision.alternatives.length === 0;
  const conditions = one.decision.alternatives.length + other.decision.alternatives.length;
  return conditions === 0 ? one.decision.otherwise === other.decision.otherwise : keyOf(one) === keyOf(other);
}

function keyOf({ decision, narrow }: Range): string {
  const { alternatives, otherwise } = decision;
  return alternatives.length === 0 ? String(otherwise) : JSON.stringify([alternatives, otherwise, narrow]);
}

/** A binary search for the range of the number in A. */
function branch(code: BackwardAssembler, shared: Map<string, Label>, ranges: readonly Range[]): Label {
  const [only] = ranges;
  if (only && ranges.length === 1) return leaf(code, shared, only);
  const middle = ranges.length >> 1;
  const above = branch(code, shared, ranges.slice(middle));
  const below = branch(code, shared, ranges.slice(0, middle));
  return code.jump("jumpGreaterOrEqual", ranges[middle]?.first ?? 0, above, below);
}

/** The tests of arguments, if any, and the answer. Calls with the same rules share theirs. */
function leaf(code: BackwardAssembler, shared: Map<string, Label>, range: Range): Label {
  const { alternatives, otherwise } = range.decision;
  if (alternatives.length === 0) return code.returns(otherwise);
  const key = keyOf(range);
  const known = shared.get(key);
  if (known !== undefined) return known;
  let next = code.returns(otherwise);
  for (const { conditions, value } of alternatives.toReversed()) {
    let hit = code.returns(value);
    for (const condition of conditions.toReversed()) {
      hit = testArgument(code, condition, range.narrow, { yes: hit, no: next });
    }
    next = hit;
  }
  shared.set(key, next);
  return next;
}
