import { arm64Numbers } from "./arm64.ts";
import { x86_64Numbers } from "./x86-64.ts";

export type SyscallName = keyof typeof x86_64Numbers;

/** Node's name of the architecture, as in `process.arch`. */
export type Architecture = "x64" | "arm64";

const tables: Record<Architecture, Record<SyscallName, number>> = { x64: x86_64Numbers, arm64: arm64Numbers };

export function isKnownArchitecture(arch: string): arch is Architecture {
  return arch in tables;
}

/** The numbers of one architecture; calls have one name everywhere and another number on each. */
export function syscallNumbers(arch: Architecture): Record<SyscallName, number> {
  return tables[arch];
}
