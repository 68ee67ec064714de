import { closeSync, readlinkSync, readSync, writeSync } from "node:fs";
import { errnoOf } from "@drydock/kit";
import { syscall } from "../ffi/syscall.ts";

const F_DUPFD_CLOEXEC = 1030;
/** Above whatever a program opens; below the usual limit of 1024. */
const firstGateDescriptor = 1000;

/** What the caller answers to an announced step. The end of the pipe means: go on without asking. */
export const answers = { go: 1, abort: 2 } as const;
/** u64 address of the entry, u64 pid on the host. */
export const announcementSize = 16;

/**
 * The side of a program that is stepped through: before each call its process says which, and waits for an answer. Several
 * processes run at once, so one byte in a pipe is the right to ask: who has it announces, waits, and puts it back.
 */
export class StepGate {
  readonly #announce: number;
  readonly #answer: number;
  readonly #turnRead: number;
  readonly #turnWrite: number;
  #pid = ownPid();
  #open = false;

  /** Four descriptors from `first` on: announcements, answers, both ends of the turn. */
  constructor(first: number) {
    const [announce = 0, answer = 0, turnRead = 0, turnWrite = 0] = [0, 1, 2, 3].map((index) => {
      const moved = syscall("fcntl", first + index, F_DUPFD_CLOEXEC, firstGateDescriptor);
      closeSync(first + index);
      return moved;
    });
    this.#announce = announce;
    this.#answer = answer;
    this.#turnRead = turnRead;
    this.#turnWrite = turnWrite;
  }

  /** Returns when the step may run; ends the process when the caller wants no more. */
  wait(address: number): void {
    if (this.#open) return;
    const turn = Buffer.alloc(1);
    readSync(this.#turnRead, turn);
    const answer = this.#ask(address);
    writeSync(this.#turnWrite, turn);
    if (answer === answers.abort) syscall("exit_group", 125);
    this.#open = answer === undefined;
  }

  /** In the child of a fork, where the host's /proc is still there. */
  forked(): void {
    this.#pid = ownPid();
  }

  /** The last descriptor that a close_range of the program may close: these close by themselves on execve. */
  get lastOther(): number {
    return firstGateDescriptor - 1;
  }

  #ask(address: number): number | undefined {
    const announcement = Buffer.alloc(announcementSize);
    announcement.writeBigUInt64LE(BigInt(address), 0);
    announcement.writeBigUInt64LE(BigInt(this.#pid), 8);
    try {
      writeSync(this.#announce, announcement);
    } catch (error) {
      if (errnoOf(error) === "EPIPE") return undefined;
      throw error;
    }
    const answer = Buffer.alloc(1);
    return readSync(this.#answer, answer) === 0 ? undefined : answer[0];
  }
}

/** As the host counts: /proc is still the host's, so not what getpid says in a new pid namespace. */
function ownPid(): number {
  return Number(readlinkSync("/proc/self"));
}
