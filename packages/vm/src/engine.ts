import type { Readable, Writable } from "node:stream";
import type { NetworkPort } from "./network/guest-network.ts";

export type EngineName = "uml" | "qemu" | "none";

/** A directory of the host that the command may write to; everything else it writes is gone with the machine. */
export interface Share {
  path: string;
}

export interface VmRequest {
  /** Program and arguments, looked up in the machine's PATH. The machine has this host's files. */
  command: readonly string[];
  /** Working directory; / unless stated. */
  cwd?: string;
  /** Added to a minimal environment (PATH, HOME, TERM). */
  env?: Readonly<Record<string, string>>;
  /** 1024 unless stated. */
  memoryMiB?: number;
  /** 1 unless stated; engines that have one processor only refuse more. */
  cpus?: number;
  shares?: readonly Share[];
  /** The machine is killed after this many ms from its start. */
  timeoutMs?: number;
  stdout: Writable;
  stderr: Writable;
  /** When given, the machine's console is a terminal on these and stdout and stderr are not used. */
  terminal?: { input: Readable; output: Writable };
  signal?: AbortSignal;
  /** The machine's place in a network of several; see runTogether. */
  network?: NetworkPort;
}

export interface VmResult {
  /** Of the command: 0-255, 128 + signal when it was killed. */
  exitCode: number;
  engine: EngineName;
  /** From the start of the engine until the command's first instruction, ms. */
  bootMs: number;
}

/**
 * One way to have a machine of one's own. Codes: VM_BOOT_FAILED (with the end of the console in details), VM_TIMEOUT, VM_BAD_REQUEST.
 * Nothing is left when `run` settles: no process, no file.
 */
export interface Engine {
  readonly name: EngineName;
  /** In words why it cannot be used here, or undefined when it can. Quick and without side effects. */
  unavailable(): Promise<string | undefined>;
  run(request: VmRequest): Promise<VmResult>;
}
