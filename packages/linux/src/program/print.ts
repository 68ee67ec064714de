import { flattenProgram } from "./flatten.ts";
import {
  isInherited,
  isMemoryAddress,
  isNamedBytes,
  isNamedNumber,
  isResultOf,
  isTextList,
  isValueAt,
} from "./operands.ts";
import type { Operand, Step, SyscallProgram } from "./program.ts";

/** A step as one would write it in C: `openat(AT_FDCWD, "/proc", O_PATH) -> proc`. */
export function printStep(step: Step): string {
  if (step.name === "jump") return `jump to ${step.onError && "jump" in step.onError ? step.onError.jump : "?"}`;
  if (step.name === "label") return `${step.label}:`;
  const args = step.args.map(printOperand).join(", ");
  const result =
    step.result === undefined ? "" : ` -> ${typeof step.result === "string" ? step.result : printOperand(step.result)}`;
  return `${step.name}(${args})${result}${printRule(step)}`;
}

export function printOperand(operand: Operand): string {
  if (typeof operand === "string") return JSON.stringify(operand);
  if (typeof operand === "number" || typeof operand === "bigint") return String(operand);
  if (operand instanceof Uint8Array) return `<${operand.length} bytes>`;
  if (isNamedNumber(operand) || isNamedBytes(operand)) return operand.text;
  if (isResultOf(operand)) return operand.resultOf;
  if (isValueAt(operand)) return `*${printOperand(operand.valueAt)}`;
  if (isMemoryAddress(operand)) return `&${operand.memory}${operand.offset ? `+${operand.offset}` : ""}`;
  if (isInherited(operand)) return operand.inherited;
  if (isTextList(operand)) return `[${operand.texts.map((text) => JSON.stringify(text)).join(", ")}]`;
  return "?";
}

function printRule({ onError, zeroIsError }: Step): string {
  const zero = zeroIsError ? "; 0 is an error" : "";
  if (!onError) return zero;
  const errno = "jump" in onError ? onError.when : onError.ignore;
  const met = errno === "any" ? "on any error" : `on ${errno}`;
  return `${zero}; ${met} ${"jump" in onError ? `go to ${onError.jump}` : "go on"}`;
}

/**
 * A whole program, one line per step with its number and reason. What a child runs is indented below the fork.
 * Labels have no number: they are no calls.
 */
export function printProgram(program: SyscallProgram): string {
  const total = flattenProgram(program).length;
  const width = String(total).length;
  const lines: string[] = [];
  let number = 0;
  const visit = (one: SyscallProgram, depth: number): void => {
    const indent = "  ".repeat(depth);
    lines.push(`${" ".repeat(width)}  ${indent}${one.name}:`);
    for (const step of one.steps) {
      const head = step.name === "label" ? " ".repeat(width) : String(++number).padStart(width);
      lines.push(`${head}  ${indent}  ${printStep(step)}${step.name === "label" ? "" : `  # ${step.why}`}`);
      if (step.child) visit(step.child, depth + 1);
    }
  };
  visit(program, 0);
  return `${lines.join("\n")}\n`;
}
