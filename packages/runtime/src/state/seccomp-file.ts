import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import type { InstalledFilter } from "../compile/seccomp.ts";

const fileName = "seccomp.bpf";
const headerSize = 8;

/** The container's filter, for processes that join it later: u32 flags, u32 of nothing, the instructions. */
export function writeFilter(directory: string, filter: InstalledFilter): void {
  const header = Buffer.alloc(headerSize);
  header.writeUInt32LE(filter.flags, 0);
  writeFileSync(join(directory, fileName), Buffer.concat([header, filter.bytes]), { mode: 0o600 });
}

export function readFilter(directory: string): InstalledFilter | undefined {
  try {
    const bytes = readFileSync(join(directory, fileName));
    return { flags: bytes.readUInt32LE(0), bytes: bytes.subarray(headerSize) };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
