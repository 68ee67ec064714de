import { once } from "node:events";

/** What a command prints for people and scripts; never a log. */
export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** Bytes as they are, no faster than the reader takes them. */
export async function write(chunk: Uint8Array): Promise<void> {
  if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
}

/** Remarks and progress beside the data, so that a pipe gets the data alone. */
export function remark(text: string): void {
  process.stderr.write(text.endsWith("\n") ? text : `${text}\n`);
}
