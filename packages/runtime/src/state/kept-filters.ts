import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { type Architecture, cachedFilter, type SeccompProfile } from "@drydock/linux";
import type { InstalledFilter } from "../compile/seccomp.ts";

/** To be raised when compileFilter makes other instructions of a profile: a test holds it against them. */
export const filterRevision = 1;

/** Among the containers: no id begins with a dot. */
const directoryName = ".filters";
/** Length of the key, and the filter's flags, as u32. Then come the key and the instructions. */
const headerSize = 8;
const instructionSize = 8;
/** Profiles that a machine has at a time; one more, and all go. */
const capacity = 64;

/**
 * The filter of a profile for a command, which would compile it anew each time, with code that has never run before: they are
 * kept in the state directory, which belongs to the runtime's user like the filters of containers. The whole profile is compared.
 */
export function keptFilter(stateDir: string, profile: SeccompProfile, arch: Architecture): InstalledFilter {
  const text = `${filterRevision} ${arch} ${JSON.stringify(profile)}`;
  const key = Buffer.from(text);
  const directory = join(stateDir, directoryName);
  const path = join(directory, nameOf(text));
  const known = read(path, key);
  if (known) return known;
  const { flags, bytes } = cachedFilter(profile, { arch });
  const filter = { flags, bytes };
  keep(directory, path, key, filter);
  return filter;
}

function read(path: string, key: Buffer): InstalledFilter | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
  const start = headerSize + key.length;
  const size = bytes.length - start;
  if (size <= 0 || size % instructionSize !== 0 || bytes.readUInt32LE(0) !== key.length) return undefined;
  if (!bytes.subarray(headerSize, start).equals(key)) return undefined;
  return { flags: bytes.readUInt32LE(4), bytes: bytes.subarray(start) };
}

function keep(directory: string, path: string, key: Buffer, { flags, bytes }: InstalledFilter): void {
  const header = Buffer.alloc(headerSize);
  header.writeUInt32LE(key.length, 0);
  header.writeUInt32LE(flags, 4);
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (readdirSync(directory).length >= capacity) {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { mode: 0o700 });
    }
    writeFileSync(temporary, Buffer.concat([header, key, bytes]), { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    // A full disk, or another command that has just cleared the directory: this container has its filter, the next one compiles it again.
    tryRemove(temporary);
  }
}

function tryRemove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It never was there: its directory is none.
  }
}

/** Short, and not the same for most: FNV-1a of every sixteenth character, and the length. */
function nameOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 16) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `${text.length.toString(36)}-${(hash >>> 0).toString(36)}`;
}
