import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { parseFlatKeyed } from "@drydock/linux";

/** Undefined when the file or its cgroup is not there: each kernel has its own, and a cgroup may go while it is looked at (ENODEV). */
export function readCgroupFile(directory: string, file: string): string | undefined {
  try {
    return readFileSync(join(directory, file), "utf8");
  } catch (error) {
    if (["ENOENT", "ENODEV", "ENOTDIR", "EOPNOTSUPP"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

/** A file of one number; undefined for "max" as for none. */
export function readCgroupNumber(directory: string, file: string): number | undefined {
  const text = readCgroupFile(directory, file)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

export function readCgroupKeys(directory: string, file: string): ReadonlyMap<string, number> {
  return parseFlatKeyed(readCgroupFile(directory, file) ?? "");
}
