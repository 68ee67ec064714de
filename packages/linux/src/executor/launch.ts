import { closeSync, writeSync } from "node:fs";
import { failure } from "../errors.ts";
import { openPipe, readToEnd, readToEndNow } from "../ffi/pipe.ts";
import {
  firstFree,
  firstInherited,
  reapChild,
  type SpawnRequest,
  spawnProcess,
  spawnProcessNow,
} from "../ffi/spawn.ts";
import { cString, hostSyscallNumber, syscall } from "../ffi/syscall.ts";
import { type EncodedProgram, encodeProgram } from "../program/encode.ts";
import type { SyscallProgram } from "../program/program.ts";
import { type LaunchReport, parseReport } from "../program/report.ts";
import type { Architecture } from "../syscalls/numbers.ts";
import type { LaunchOptions } from "./executor.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_DUPFD_CLOEXEC = 1030;
const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE */
const allSeals = 0xf;

/** How an executor starts its process: a request whose descriptors are added here. */
export type SpawnPlan = Omit<SpawnRequest, "inherit"> & {
  /** The process gets the image too, after all others. */
  keepImage: boolean;
  /** Further descriptors that the process gets, after the image. */
  after?: readonly number[];
  /** Run when the process has been started, or could not be. */
  dispose?(): void;
};

/** How a launch waits: for events, or on this thread. */
export interface LaunchWay {
  spawn(request: SpawnRequest): Promise<number> | number;
  /** Closes the descriptor. */
  readToEnd(fd: number): Promise<Buffer> | Buffer;
}

export const inBackground: LaunchWay = { spawn: spawnProcess, readToEnd };
export const inForeground: LaunchWay = { spawn: spawnProcessNow, readToEnd: readToEndNow };

/** The way that all executors share: image in a memfd, report pipe, spawn, read the report, wait for the first process. */
export async function launchImage(
  program: SyscallProgram,
  options: LaunchOptions,
  spawnOf: (imageFd: number, title: string, encoded: EncodedProgram) => SpawnPlan,
  way: LaunchWay = inBackground,
): Promise<LaunchReport> {
  hostSyscallNumber("execve"); // refuses an unknown architecture by name
  const pipe = openPipe();
  let encoded: EncodedProgram;
  let pid: number;
  try {
    const names = ["report", ...Object.keys(options.inherit ?? {})];
    encoded = encodeProgram(program, { arch: process.arch as Architecture, inherit: inheritedNumbers(names) });
    const imageFd = imageFile(encoded.image);
    try {
      const plan = spawnOf(imageFd, options.title ?? "drydock", encoded);
      const fds = [
        pipe.write,
        ...Object.values(options.inherit ?? {}),
        ...(plan.keepImage ? [imageFd] : []),
        ...(plan.after ?? []),
      ];
      try {
        const { path, argv, image } = plan;
        pid = await way.spawn({ path, argv, inherit: fds, ...(image === undefined ? {} : { image }) });
      } finally {
        plan.dispose?.();
      }
    } finally {
      closeSync(imageFd);
    }
  } catch (error) {
    closeSync(pipe.read);
    throw error;
  } finally {
    closeSync(pipe.write);
  }
  const bytes = await way.readToEnd(pipe.read);
  const status = reapChild(pid);
  const report = parseReport(bytes, encoded);
  if (report.crash !== undefined || (status !== 0 && !report.failure)) {
    const how = report.crash ?? `ended with wait status ${status} and no report`;
    throw failure("LINUX_LAUNCH_FAILED", `the process that runs ${program.name} failed: ${how}`, {
      details: { program: program.name, status },
    });
  }
  return report;
}

/** The numbers that spawnProcess gives to inherited descriptors, by name. */
export function inheritedNumbers(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name, index) => [name, firstInherited + index]));
}

/** The image in memory, sealed: whoever gets hold of it through /proc cannot change it (CVE-2019-5736). */
function imageFile(image: Buffer): number {
  const low = syscall("memfd_create", cString("drydock"), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  // Above all numbers that the child's descriptors are brought to: it opens the image by this number afterwards.
  const fd = syscall("fcntl", low, F_DUPFD_CLOEXEC, firstFree);
  closeSync(low);
  // At a position, so that the file's own stays at its beginning for whoever inherits it.
  writeSync(fd, image, 0, image.length, 0);
  syscall("fcntl", fd, F_ADD_SEALS, allSeals);
  return fd;
}
