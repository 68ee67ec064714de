import { execFileSync } from "node:child_process";
import { basename, dirname } from "node:path";
import { readTar } from "../tar/read.ts";
import { chunks } from "./chunks.ts";

/**
 * The extended attributes of a file as GNU tar sees them: Node cannot read them, and every machine has tar. Values are
 * byte strings.
 */
export async function readXattrs(path: string): Promise<Record<string, string>> {
  const args = ["--xattrs", "--xattrs-include=*", "--no-recursion", "-C", dirname(path), "-cf", "-", basename(path)];
  for await (const entry of readTar(chunks(execFileSync("tar", args)))) return Object.fromEntries(entry.xattrs);
  return {};
}
