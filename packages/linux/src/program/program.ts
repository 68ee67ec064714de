import type { Errno } from "../kernel/errno.ts";
import type { SyscallName } from "../syscalls/numbers.ts";

/**
 * A list of system calls as a value: it can be printed, reordered, tested without root and run without returning to
 * JavaScript. Executors run it (executor/executor.ts); encode.ts lays it out in memory.
 */
export interface SyscallProgram {
  /** For people: "shim", "container". */
  name: string;
  steps: Step[];
  /** Memory that steps share, by name. One set for a program and all its children: fork copies it. */
  memory?: Record<string, MemoryBlock>;
  /** Where a failure is reported; the inherited descriptor `report` when left out. */
  reportTo?: Operand;
  /** Exit code of the process after a failure was reported; 125 when left out. */
  failureExitCode?: number;
}

export interface Step {
  /** Two are no calls: `jump` goes to the label in `onError`; `label` does nothing and is where jumps lead. */
  name: SyscallName | "jump" | "label";
  args: readonly Operand[];
  /** Why this step is there, for the reader of the plan and for the one who meets its failure. */
  why: string;
  /** Name for what the call returns, or a place in memory that receives it (8 bytes). A tolerated errno is stored negative. */
  result?: string | MemoryAddress;
  /** Without it any errno ends the program with a report. EINTR always repeats the call. */
  onError?: ErrorRule;
  /** A result of 0 (end of file) ends the program with a report. */
  zeroIsError?: boolean;
  /** Of a step called `label`: its name. */
  label?: string;
  /** For clone and clone3: what the child runs. */
  child?: SyscallProgram;
}

/** What to do about one errno, or any. `jump` goes to the label, `ignore` goes on. */
export type ErrorRule = { ignore: Errno | "any" } | { jump: string; when: Errno | "any" };

/** A string stands for the address of its NUL-terminated text, a Uint8Array for the address of its bytes. */
export type Operand =
  | number
  | bigint
  | string
  | Uint8Array
  | NamedNumber
  | NamedBytes
  | ResultOf
  | ValueAt
  | MemoryAddress
  | TextList
  | Inherited;

/** A number with its name in C, for printing: `MS_REC|MS_PRIVATE`. */
export interface NamedNumber {
  value: number | bigint;
  text: string;
}

/** The address of a struct, with its fields in words for printing: `{O_PATH, RESOLVE_IN_ROOT}`. */
export interface NamedBytes {
  struct: Uint8Array;
  text: string;
}

/** What an earlier step stored under this name, loaded when the step runs. */
export interface ResultOf {
  resultOf: string;
}

/** The 8 bytes at a place in memory, loaded when the step runs. */
export interface ValueAt {
  valueAt: MemoryAddress;
}

/** The address of a block of memory. */
export interface MemoryAddress {
  memory: string;
  offset?: number;
}

/** The address of a NULL-terminated array of strings, as execve takes it. */
export interface TextList {
  texts: readonly string[];
}

/** A descriptor of the caller that the program inherits: `report` is 3, the others follow in the order in which they are given. */
export interface Inherited {
  inherited: string;
}

/** Bytes (a number: that many zero bytes) with addresses of other operands written into them. */
export interface MemoryBlock {
  bytes: Uint8Array | number;
  addresses?: { offset: number; of: Operand }[];
}
