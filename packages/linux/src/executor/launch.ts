import { closeSync, writeSync } from "node:fs";
import { failure } from "../errors.ts";
import { openPipe, readToEnd } from "../ffi/pipe.ts";
import { firstInherited, reapChild, type SpawnRequest, spawnProcess } from "../ffi/spawn.ts";
import { cString, hostSyscallNumber, syscall } from "../ffi/syscall.ts";
import { type EncodedProgram, encodeProgram } from "../program/encode.ts";
import type { SyscallProgram } from "../program/program.ts";
import { type LaunchReport, parseReport } from "../program/report.ts";
import type { Architecture } from "../syscalls/numbers.ts";
import type { LaunchOptions } from "./executor.ts";

const MFD_CLOEXEC = 1;

/** The way that both executors share: image in a memfd, report pipe, spawn, read the report, wait for the first process. */
export async function launchImage(
  program: SyscallProgram,
  options: LaunchOptions,
  spawnOf: (imageFd: number, title: string) => Omit<SpawnRequest, "inherit"> & { keepImage: boolean },
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
      const { keepImage, ...spawn } = spawnOf(imageFd, options.title ?? "drydock");
      const fds = [pipe.write, ...Object.values(options.inherit ?? {}), ...(keepImage ? [imageFd] : [])];
      pid = spawnProcess({ ...spawn, inherit: fds });
    } finally {
      closeSync(imageFd);
    }
  } catch (error) {
    closeSync(pipe.read);
    throw error;
  } finally {
    closeSync(pipe.write);
  }
  const bytes = await readToEnd(pipe.read);
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

function imageFile(image: Buffer): number {
  const fd = syscall("memfd_create", cString("drydock"), MFD_CLOEXEC);
  // At a position, so that the file's own stays at its beginning for whoever inherits it.
  writeSync(fd, image, 0, image.length, 0);
  return fd;
}
