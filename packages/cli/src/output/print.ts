import { once } from "node:events";
import { endWithReader } from "./closed-pipe.ts";

/** What a command prints for people and scripts; never a log. */
export function print(text: string): void {
  out().write(text.endsWith("\n") ? text : `${text}\n`);
}

/** Bytes as they are, no faster than the reader takes them. */
export async function write(chunk: Uint8Array): Promise<void> {
  if (!out().write(chunk)) await once(process.stdout, "drain");
}

/** Remarks and progress beside the data, so that a pipe gets the data alone. */
export function remark(text: string): void {
  endWithReader(process.stderr);
  process.stderr.write(text.endsWith("\n") ? text : `${text}\n`);
}

function out(): NodeJS.WriteStream {
  endWithReader(process.stdout);
  return process.stdout;
}
