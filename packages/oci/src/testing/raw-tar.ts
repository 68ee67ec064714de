import { blockSize, encodeHeader, type RawHeader } from "../tar/header.ts";
import { encodePax } from "../tar/pax.ts";

/** An entry exactly as asked for, also one that no honest tool would write. */
export type RawEntry = Partial<Omit<RawHeader, "size">> & {
  name: string;
  /** What the header says; the length of the content unless stated. */
  size?: number;
  content?: string | Buffer;
  pax?: Record<string, string>;
};

export function rawTar(entries: readonly RawEntry[], end = true): Buffer {
  const parts = entries.flatMap((entry) => rawEntry(entry));
  return Buffer.concat(end ? [...parts, Buffer.alloc(2 * blockSize)] : parts);
}

function rawEntry({ content = "", pax, ...header }: RawEntry): Buffer[] {
  const bytes = Buffer.from(content as string);
  const parts: Buffer[] = [];
  if (pax) {
    const records = encodePax(new Map(Object.entries(pax)));
    parts.push(...rawEntry({ name: "PaxHeader", typeflag: "x", content: records }));
  }
  const whole = { mode: 0o644, uid: 0, gid: 0, mtime: 0, typeflag: "0", linkname: "", size: bytes.length, ...header };
  parts.push(encodeHeader(whole), bytes, Buffer.alloc((blockSize - (bytes.length % blockSize)) % blockSize));
  return parts;
}

export const directory = (name: string, more: Partial<RawEntry> = {}): RawEntry => ({
  name,
  typeflag: "5",
  mode: 0o755,
  ...more,
});
export const file = (name: string, content: string | Buffer = "", more: Partial<RawEntry> = {}): RawEntry => ({
  name,
  content,
  ...more,
});
export const symlink = (name: string, linkname: string): RawEntry => ({ name, typeflag: "2", linkname, mode: 0o777 });
export const hardlink = (name: string, linkname: string): RawEntry => ({ name, typeflag: "1", linkname });
