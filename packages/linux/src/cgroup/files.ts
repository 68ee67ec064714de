import { readFileSync } from "node:fs";
import { errnoOf } from "@drydock/kit";

/** A file of cgroupfs; undefined when it, or its cgroup, is not there. */
export function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // ENODEV: the cgroup was removed while its file was open. ENOTDIR: there is no such hierarchy.
    if (["ENOENT", "ENODEV", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

/**
 * How "max" is told where the kernel counts in 64 bits. Not 2^64 - 1, which a double cannot hold: rounded up to 2^64 it
 * would not fit into the uint64 that readers of our JSON parse it into.
 */
export const noLimit = 2 ** 64 - 2 ** 11;

/** A file of one number; see noLimit for "max". */
export function readNumber(path: string): number | undefined {
  const text = readFile(path)?.trim();
  if (text === undefined || text === "") return undefined;
  return text === "max" ? noLimit : Number(text);
}

/** Lines of `key value`. */
export function keyValues(text: string): Map<string, number> {
  return new Map(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [key = "", value] = line.split(" ");
        return [key, Number(value)] as const;
      }),
  );
}
