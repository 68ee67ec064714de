import { failure } from "../errors.ts";
import { errnoNumber } from "../kernel/errno.ts";
import { type Architecture, syscallNumbers } from "../syscalls/numbers.ts";
import { elfHeaderSize, elfImage } from "./elf.ts";
import { flattenProgram, type NumberedStep } from "./flatten.ts";
import { interpreterX86_64 } from "./interpreter-x86-64.ts";
import {
  isInherited,
  isMemoryAddress,
  isNamedBytes,
  isNamedNumber,
  isResultOf,
  isTextList,
  isValueAt,
} from "./operands.ts";
import type { MemoryAddress, Operand, Step, SyscallProgram } from "./program.ts";
import type { ReportLayout } from "./report.ts";

/** Where the image is in memory: far from what the kernel and V8 choose, and within the 39 bits that some arm64 kernels give. */
export const imageBase = 0x10_0000_0000;
const dataBase = imageBase + 0x1000;

/**
 * Layout of an entry: u16 number, u16 tolerated errno, u32 flags, u64 arguments 1 to 6, u64 address for the result.
 * The flags are tested by the interpreters (interpreter-x86-64.ts, interpret.ts).
 */
export const entry = { size: 64, tolerated: 2, flags: 4, args: 8, result: 56 } as const;
export const entryFlag = { jump: 1, zeroIsError: 2, fork: 4, indirect: 0x100 } as const;
export const anyErrno = 0xffff;
/** No such call: ENOSYS, which sends the entry to its jump target. */
const jumpNumber = 0xffff;
/** Layout of a context: table, failure table, failed entry, errno. */
export const context = { size: 32, failureTable: 8, failedEntry: 16, errno: 24 } as const;

export interface EncodedProgram extends ReportLayout {
  /** An ELF executable; its data, from file offset 0x1000 on, is what the interpreters read. */
  image: Buffer;
}

export interface EncodeOptions {
  arch: Architecture;
  /** Numbers of the descriptors that the program inherits; `report` is always there. */
  inherit: Record<string, number>;
}

/** Lays a program out as an executable. Throws LINUX_BAD_PROGRAM when it refers to something that is not there. */
export function encodeProgram(program: SyscallProgram, options: EncodeOptions): EncodedProgram {
  return new Encoder(program, options).encode();
}

/**
 * Every start of a container passes through here, on the JavaScript thread: all numbers are written as two halves of 32
 * bits, since BigInt arithmetic would take most of the time.
 */
class Encoder {
  readonly #numbers: ReturnType<typeof syscallNumbers>;
  readonly #arch: Architecture;
  readonly #inherit: Record<string, number>;
  readonly #steps: NumberedStep[];
  readonly #programs = new Map<SyscallProgram, ProgramPlace>();
  readonly #resultNames: string[] = [];
  readonly #results = new Map<string, number>();
  readonly #memory = new Map<string, number>();
  readonly #texts = new Map<string, number>();
  #data = Buffer.alloc(initialSize);
  #words = wordsOf(this.#data);
  #used = 0;

  constructor(program: SyscallProgram, options: EncodeOptions) {
    this.#steps = flattenProgram(program);
    this.#arch = options.arch;
    this.#numbers = syscallNumbers(options.arch);
    this.#inherit = options.inherit;
    if (!(this.#steps[0]?.program === program)) throw badProgram(program.name, "has no steps");
  }

  encode(): EncodedProgram {
    // The first context comes first: the entry point and the direct executor look for it there.
    for (const numbered of this.#steps) {
      const { program, step } = numbered;
      const known = this.#programs.get(program);
      const place = known ?? { context: this.#reserve(context.size), table: 0, own: [], labels: labelsOf(program) };
      if (!known) this.#programs.set(program, place);
      place.own.push(numbered);
      if (typeof step.result === "string" && !this.#results.has(step.result)) {
        this.#results.set(step.result, 0);
        this.#resultNames.push(step.result);
      }
    }
    // One after the other: a failure reports them as one piece of memory.
    for (const name of this.#resultNames) this.#results.set(name, this.#reserve(8));
    for (const program of this.#programs.keys()) this.#reserveMemory(program);
    for (const program of this.#programs.keys()) this.#fillMemory(program);
    const stepAt = new Map<number, NumberedStep>();
    for (const place of this.#programs.values()) {
      place.table = this.#reserve(entry.size * place.own.length);
      for (const [index, numbered] of place.own.entries()) stepAt.set(place.table + index * entry.size, numbered);
    }
    for (const [program, place] of this.#programs) this.#writeProgram(program, place);
    const code = this.#arch === "x64" ? interpreterX86_64(dataBase) : Buffer.alloc(0);
    const image = elfImage(this.#arch, imageBase, code, this.#data.subarray(0, this.#used));
    return { image, steps: this.#steps, stepAt, resultNames: this.#resultNames };
  }

  #reserveMemory(program: SyscallProgram): void {
    for (const [name, block] of Object.entries(program.memory ?? {})) {
      if (this.#memory.has(name)) throw badProgram(program.name, `memory ${name} is defined twice`);
      const size = typeof block.bytes === "number" ? block.bytes : block.bytes.length;
      const address = this.#reserve(size);
      if (typeof block.bytes !== "number") this.#data.set(block.bytes, address - dataBase);
      this.#memory.set(name, address);
    }
  }

  #fillMemory(program: SyscallProgram): void {
    for (const [name, block] of Object.entries(program.memory ?? {})) {
      for (const { offset, of } of block.addresses ?? []) {
        this.#write64((this.#memory.get(name) ?? 0) + offset, this.#addressOf(of, program));
      }
    }
  }

  #writeProgram(program: SyscallProgram, place: ProgramPlace): void {
    const failureTable = this.#writeFailureTable(program, place);
    this.#write64(place.context, place.table);
    this.#write64(place.context + context.failureTable, failureTable);
    for (const [index, { step }] of place.own.entries()) {
      this.#writeStep(place.table + index * entry.size, step, program, place);
    }
  }

  /** Two entries: writev(report, {failed entry and errno, all results}), exit_group. See report.ts for the reader. */
  #writeFailureTable(program: SyscallProgram, place: ProgramPlace): number {
    const table = this.#reserve(entry.size * 2);
    const vector = this.#reserve(32);
    this.#write64(vector, place.context + context.failedEntry);
    this.#write64(vector + 8, 16);
    this.#write64(vector + 16, this.#results.values().next().value ?? dataBase);
    this.#write64(vector + 24, this.#resultNames.length * 8);
    const report = program.reportTo ?? { inherited: "report" };
    const write: Step = { name: "writev", args: [report, vector, 2], why: "", onError: { ignore: "any" } };
    this.#writeStep(table, write, program, place);
    const exit: Step = { name: "exit_group", args: [program.failureExitCode ?? 125], why: "" };
    this.#writeStep(table + entry.size, exit, program, place);
    return table;
  }

  #writeStep(address: number, step: Step, program: SyscallProgram, place: ProgramPlace): void {
    let flags = (step.zeroIsError ? entryFlag.zeroIsError : 0) | (step.child ? entryFlag.fork : 0);
    let tolerated = 0;
    let sixth: number | undefined;
    if (step.onError) {
      const errno = "jump" in step.onError ? step.onError.when : step.onError.ignore;
      tolerated = errno === "any" ? anyErrno : errnoNumber(errno);
      if ("jump" in step.onError) {
        flags |= entryFlag.jump;
        sixth = place.table + labelIndex(program, place, step.onError.jump) * entry.size;
      }
    }
    if (step.child) sixth = this.#programs.get(step.child)?.context;
    const { args } = step;
    if (args.length > (sixth === undefined ? 6 : 5))
      throw badProgram(program.name, `${step.name} has too many arguments`);
    for (let index = 0; index < args.length; index++) {
      const operand = args[index] as Operand;
      if (typeof operand === "object" && (isResultOf(operand) || isValueAt(operand))) {
        if (index === 5) throw badProgram(program.name, `argument 6 of ${step.name} cannot be an earlier result`);
        flags |= entryFlag.indirect << index;
      }
      this.#write64(address + entry.args + index * 8, this.#valueOf(operand, program));
    }
    if (sixth !== undefined) this.#write64(address + entry.args + 40, sixth);
    if (step.result !== undefined) this.#write64(address + entry.result, this.#resultAddress(step.result, program));
    const word = (address - dataBase) >> 2;
    this.#words[word] = this.#numberOf(step) | (tolerated << 16);
    this.#words[word + entry.flags / 4] = flags;
  }

  #numberOf(step: Step): number {
    return step.name === "jump" || step.name === "label" ? jumpNumber : this.#numbers[step.name];
  }

  #resultAddress(result: string | MemoryAddress, program: SyscallProgram): number {
    if (typeof result !== "string") return Number(this.#addressOf(result, program));
    return this.#results.get(result) ?? 0;
  }

  /** What goes into the argument's place: the number itself, the address of the memory, the address to load from. */
  #valueOf(operand: Operand, program: SyscallProgram): number | bigint {
    if (typeof operand === "number" || typeof operand === "bigint") return operand;
    if (typeof operand === "string") return this.#text(operand);
    if (isNamedNumber(operand)) return operand.value;
    if (isInherited(operand)) {
      const fd = this.#inherit[operand.inherited];
      if (fd === undefined) throw badProgram(program.name, `inherits ${operand.inherited}, which was not given`);
      return fd;
    }
    return this.#addressOf(operand, program);
  }

  #addressOf(operand: Operand, program: SyscallProgram): number | bigint {
    if (typeof operand === "string") return this.#text(operand);
    if (typeof operand !== "object") return this.#valueOf(operand, program);
    if (isResultOf(operand)) {
      const address = this.#results.get(operand.resultOf);
      if (address === undefined)
        throw badProgram(program.name, `uses the result ${operand.resultOf}, which no step gives`);
      return address;
    }
    if (operand instanceof Uint8Array) return this.#bytes(operand);
    if (isNamedBytes(operand)) return this.#bytes(operand.struct);
    if (isValueAt(operand)) return this.#addressOf(operand.valueAt, program);
    if (isMemoryAddress(operand)) {
      const address = this.#memory.get(operand.memory);
      if (address === undefined)
        throw badProgram(program.name, `uses the memory ${operand.memory}, which is not defined`);
      return address + (operand.offset ?? 0);
    }
    if (isTextList(operand)) {
      const addresses = operand.texts.map((text) => this.#text(text));
      const list = this.#reserve((addresses.length + 1) * 8);
      for (const [index, address] of addresses.entries()) this.#write64(list + index * 8, address);
      return list;
    }
    return this.#valueOf(operand, program);
  }

  #text(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (text.includes("\0")) throw badProgram("text", `${JSON.stringify(text)} contains a NUL`);
    const address = this.#reserve(Buffer.byteLength(text) + 1);
    this.#data.write(text, address - dataBase);
    this.#texts.set(text, address);
    return address;
  }

  #bytes(bytes: Uint8Array): number {
    const address = this.#reserve(bytes.length);
    this.#data.set(bytes, address - dataBase);
    return address;
  }

  #reserve(size: number): number {
    const address = dataBase + this.#used;
    this.#used += (size + 7) & ~7;
    if (this.#used > this.#data.length) {
      const larger = Buffer.alloc(Math.max(this.#data.length * 2, this.#used));
      larger.set(this.#data);
      this.#data = larger;
      this.#words = wordsOf(larger);
    }
    return address;
  }

  /** Two's complement, little endian: both architectures are. `address` is a multiple of 4. */
  #write64(address: number, value: number | bigint): void {
    const word = (address - dataBase) >> 2;
    if (typeof value === "bigint") {
      this.#words[word] = Number(value & 0xffffffffn);
      this.#words[word + 1] = Number((value >> 32n) & 0xffffffffn);
      return;
    }
    this.#words[word] = value;
    this.#words[word + 1] = Math.floor(value / 0x1_0000_0000);
  }
}

interface ProgramPlace {
  context: number;
  table: number;
  own: NumberedStep[];
  labels: Map<string, number>;
}

/** Enough for most containers: 280 entries and their texts. */
const initialSize = 32768;

function wordsOf(data: Buffer): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
}

/** Index of the entry that follows each label. */
function labelsOf(program: SyscallProgram): Map<string, number> {
  const labels = new Map<string, number>();
  let index = 0;
  for (const step of program.steps) {
    if (step.name !== "label") index++;
    else if (step.label !== undefined && !labels.has(step.label)) labels.set(step.label, index);
  }
  return labels;
}

function labelIndex(program: SyscallProgram, { labels, own }: ProgramPlace, label: string): number {
  const index = labels.get(label);
  if (index === undefined) throw badProgram(program.name, `jumps to ${label}, which no step is called`);
  if (index === own.length) throw badProgram(program.name, `has nothing after the label ${label}`);
  return index;
}

function badProgram(name: string, what: string) {
  return failure("LINUX_BAD_PROGRAM", `syscall program ${name} ${what}`, { details: { program: name } });
}

export { dataBase, elfHeaderSize };
