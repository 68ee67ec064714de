import type {
  Inherited,
  MemoryAddress,
  NamedBytes,
  NamedNumber,
  Operand,
  ResultOf,
  TextList,
  ValueAt,
} from "./program.ts";

/** Flags by name: flags(mountFlags, "MS_REC", "MS_PRIVATE") has the value to pass and the text to print. */
export function flags<Table extends Record<string, number | bigint>>(
  table: Table,
  ...names: (keyof Table & string)[]
): NamedNumber {
  const values = names.map((name) => table[name] as number | bigint);
  const big = values.some((value) => typeof value === "bigint" || value > 0x7fffffff);
  return {
    value: big
      ? values.reduce((all: bigint, one) => all | BigInt(one), 0n)
      : values.reduce((all: number, one) => all | Number(one), 0),
    text: names.length === 0 ? "0" : names.join("|"),
  };
}

export function named(text: string, value: number | bigint): NamedNumber {
  return { value, text };
}

export function struct(bytes: Uint8Array, text: string): NamedBytes {
  return { struct: bytes, text };
}

export function octal(value: number): NamedNumber {
  return { value, text: `0${value.toString(8)}` };
}

export function resultOf(name: string): ResultOf {
  return { resultOf: name };
}

export function valueAt(name: string, offset = 0): ValueAt {
  return { valueAt: { memory: name, offset } };
}

export function inherited(name: string): Inherited {
  return { inherited: name };
}

export function memory(name: string, offset = 0): MemoryAddress {
  return { memory: name, offset };
}

export function texts(list: readonly string[]): TextList {
  return { texts: list };
}

export const isNamedNumber = (operand: Operand): operand is NamedNumber =>
  typeof operand === "object" && "value" in operand && "text" in operand;
export const isNamedBytes = (operand: Operand): operand is NamedBytes =>
  typeof operand === "object" && "struct" in operand;
export const isResultOf = (operand: Operand): operand is ResultOf =>
  typeof operand === "object" && "resultOf" in operand;
export const isValueAt = (operand: Operand): operand is ValueAt => typeof operand === "object" && "valueAt" in operand;
export const isInherited = (operand: Operand): operand is Inherited =>
  typeof operand === "object" && "inherited" in operand;
export const isMemoryAddress = (operand: Operand): operand is MemoryAddress =>
  typeof operand === "object" && "memory" in operand;
export const isTextList = (operand: Operand): operand is TextList => typeof operand === "object" && "texts" in operand;
