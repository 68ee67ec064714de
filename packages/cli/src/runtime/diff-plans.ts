import { flattenProgram, printStep, type SyscallProgram } from "@drydock/linux";

interface Line {
  number: number;
  /** What is compared: process and call. */
  text: string;
  why: string;
}

/**
 * What one plan has and the other has not, in their order: `-` steps of the first with its numbers, `+` steps of the
 * second with its own. By the longest common subsequence, so a step in the middle does not make all others differ.
 */
export function diffPlans(before: SyscallProgram, after: SyscallProgram): string {
  const [a, b] = [linesOf(before), linesOf(after)];
  const common = commonLengths(a, b);
  const lines: string[] = [];
  const show = (sign: string, { number, text, why }: Line): void => {
    lines.push(`${sign} ${String(number).padStart(4)}  ${text}  # ${why}`);
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left && right && left.text === right.text) {
      i++;
      j++;
    } else if (right && (!left || (common[i]?.[j + 1] ?? 0) > (common[i + 1]?.[j] ?? 0))) {
      show("+", right);
      j++;
    } else if (left) {
      show("-", left);
      i++;
    }
  }
  if (lines.length === 0) return `the plans are the same: ${a.length} steps`;
  return [...lines, `${a.length} steps before, ${b.length} after`].join("\n");
}

function linesOf(program: SyscallProgram): Line[] {
  return flattenProgram(program).map(({ number, step, program: { name } }) => ({
    number,
    text: `${name}: ${printStep(step)}`,
    why: step.why,
  }));
}

/** common[i][j]: length of the longest common subsequence of a from i and b from j. */
function commonLengths(a: readonly Line[], b: readonly Line[]): number[][] {
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = common[i] as number[];
      const below = common[i + 1] as number[];
      row[j] =
        a[i]?.text === b[j]?.text ? (below[j + 1] as number) + 1 : Math.max(below[j] as number, row[j + 1] as number);
    }
  }
  return common;
}
