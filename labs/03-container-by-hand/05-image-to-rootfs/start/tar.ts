/**
 * Reads a tar that is in memory: ustar, with the pax records for long names. Names come as they are in the archive: nobody
 * has looked at them. You need not change this file.
 */

export interface Entry {
  name: string;
  kind: "file" | "directory" | "symlink" | "hardlink" | "other";
  /** Permissions with set-user-ID, set-group-ID and sticky. */
  mode: number;
  /** Of a symlink or a hard link. */
  target: string;
  content: Buffer;
}

const BLOCK = 512;
const kinds: Record<string, Entry["kind"]> = {
  "0": "file",
  "\0": "file",
  "1": "hardlink",
  "2": "symlink",
  "5": "directory",
};

export function* readTar(tar: Buffer): Generator<Entry> {
  let pax: Record<string, string> = {};
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const header = tar.subarray(at, at + BLOCK);
    if (header[0] === 0) return;
    const text = (from: number, length: number): string =>
      header
        .subarray(from, from + length)
        .toString()
        .replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12), 8) || 0;
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") {
      pax = { ...pax, ...paxRecords(content.toString()) };
      continue;
    }
    const prefix = text(345, 155);
    yield {
      name: pax.path ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100)),
      kind: kinds[type] ?? "other",
      mode: Number.parseInt(text(100, 8), 8) & 0o7777,
      target: pax.linkpath ?? text(157, 100),
      content,
    };
    pax = {};
  }
}

/** "LENGTH KEY=VALUE\n" each. */
function paxRecords(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/\d+ ([^=]+)=(.*)\n/g)].map(([, key, value]) => [key, value]));
}
