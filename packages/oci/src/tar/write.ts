import type { EntryKind } from "./entry-kind.ts";
import { blockSize, encodeHeader, octalLimit } from "./header.ts";
import { encodePax, type PaxRecords } from "./pax.ts";

/** An entry to write; names are byte strings (latin1). Times are whole seconds. */
export interface NewEntry {
  name: string;
  kind: Exclude<EntryKind, "char-device" | "block-device">;
  mode: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  linkname?: string;
  xattrs?: Map<string, string>;
  /** Content of a file; its size must be known before it is read. */
  content?: { size: number; chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array> };
}

const typeflags: Record<NewEntry["kind"], string> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  directory: "5",
  fifo: "6",
};

/**
 * Writes a tar: ustar headers, with a pax header before those that need one. The same entries always give the same
 * bytes.
 */
export async function* writeTar(
  entries: Iterable<NewEntry> | AsyncIterable<NewEntry>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const entry of entries) {
    yield headersOf(entry);
    const size = entry.content?.size ?? 0;
    let written = 0;
    for await (const chunk of entry.content?.chunks ?? []) {
      written += chunk.length;
      if (written > size) break;
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
    if (written !== size) throw new Error(`${entry.name} changed while it was read: ${size} bytes were announced`);
    yield Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
  }
  yield Buffer.alloc(2 * blockSize);
}

function headersOf(entry: NewEntry): Buffer {
  const pax: PaxRecords = new Map();
  const short = (value: string, keyword: string): string => {
    if (value.length <= 100) return value;
    pax.set(keyword, value);
    return value.slice(0, 100);
  };
  const small = (value: number, length: number, keyword: string): number => {
    if (value >= 0 && value <= octalLimit(length)) return value;
    pax.set(keyword, String(value));
    return 0;
  };
  for (const [name, value] of entry.xattrs ?? []) pax.set(`SCHILY.xattr.${name}`, value);
  const header = encodeHeader({
    name: short(entry.name, "path"),
    mode: entry.mode,
    uid: small(entry.uid ?? 0, 8, "uid"),
    gid: small(entry.gid ?? 0, 8, "gid"),
    size: small(entry.content?.size ?? 0, 12, "size"),
    mtime: small(entry.mtime ?? 0, 12, "mtime"),
    typeflag: typeflags[entry.kind],
    linkname: short(entry.linkname ?? "", "linkpath"),
  });
  if (pax.size === 0) return header;
  const records = encodePax(pax);
  const paxHeader = encodeHeader({
    name: "PaxHeader",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: records.length,
    mtime: 0,
    typeflag: "x",
    linkname: "",
  });
  const padding = Buffer.alloc((blockSize - (records.length % blockSize)) % blockSize);
  return Buffer.concat([paxHeader, records, padding, header]);
}
