import type { BackwardAssembler, Label } from "../bpf/backward-assembler.ts";
import type { SeccompArgument } from "./profile.ts";

/** Offsets in struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6] }, little endian. */
export const dataOffsets = { number: 0, arch: 4, low: 16, high: 20 } as const;

/**
 * Writes the test of one argument in front of `code`. Classic BPF compares 32 bits, so a 64-bit argument is two words:
 * the high one decides unless it is equal. `narrow`: a 32-bit process has only the low one.
 */
export function testArgument(
  code: BackwardAssembler,
  { index, op, value, valueTwo = 0 }: SeccompArgument,
  narrow: boolean,
  targets: { yes: Label; no: Label },
): Label {
  const { yes, no } = targets;
  const wanted = words(value);
  const load = { low: dataOffsets.low + index * 8, high: dataOffsets.high + index * 8 };
  const equal = (words: Words, mask: Words | undefined, hit: Label, miss: Label): Label => {
    const word = (half: "low" | "high", next: Label): Label => {
      const bits = mask?.[half] ?? 0xffffffff;
      // Nothing is left under this half of the mask: no need to look.
      if (bits === 0) return words[half] === 0 ? next : miss;
      const compare = code.jump("jumpEqual", words[half], next, miss);
      if (compare === next) return next;
      return code.load(load[half], bits === 0xffffffff ? compare : code.and(bits, compare));
    };
    const low = word("low", hit);
    return narrow ? low : word("high", low);
  };
  const order = (kind: "jumpGreater" | "jumpGreaterOrEqual", hit: Label, miss: Label): Label => {
    const low = code.load(load.low, code.jump(kind, wanted.low, hit, miss));
    if (narrow) return low;
    const notAbove = code.jump("jumpEqual", wanted.high, low, miss);
    return code.load(load.high, code.jump("jumpGreater", wanted.high, hit, notAbove));
  };
  switch (op) {
    case "SCMP_CMP_EQ":
      return equal(wanted, undefined, yes, no);
    case "SCMP_CMP_NE":
      return equal(wanted, undefined, no, yes);
    case "SCMP_CMP_MASKED_EQ":
      return equal(words(valueTwo), wanted, yes, no);
    case "SCMP_CMP_GT":
      return order("jumpGreater", yes, no);
    case "SCMP_CMP_GE":
      return order("jumpGreaterOrEqual", yes, no);
    case "SCMP_CMP_LE":
      return order("jumpGreater", no, yes);
    case "SCMP_CMP_LT":
      return order("jumpGreaterOrEqual", no, yes);
  }
}

interface Words {
  low: number;
  high: number;
}

/** 2^64 stands for 2^64 - 1: JSON has doubles, and that is the nearest one to "all bits". */
function words(value: number): Words {
  const bits = value >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(value);
  return { low: Number(bits & 0xffffffffn), high: Number(bits >> 32n) };
}
