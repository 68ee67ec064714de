import type { SyscallProgram } from "../program/program.ts";
import type { LaunchReport } from "../program/report.ts";

/**
 * Runs a syscall program in a new process. The first process must end by itself soon (programs that live on fork and
 * leave their child behind), because the executor waits for it.
 */
export interface Executor {
  readonly name: "native" | "direct";
  /** Resolves when all processes of the program have closed the report pipe. A failed step is part of the report, not an exception. */
  launch(program: SyscallProgram, options?: LaunchOptions): Promise<LaunchReport>;
}

export interface LaunchOptions {
  /** Descriptors of this process that the program inherits, by the name under which it refers to them. */
  inherit?: Record<string, number>;
  /** argv[0] of the processes, for ps. */
  title?: string;
}
