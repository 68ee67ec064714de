import { imageError } from "../errors.ts";
import { hostileEntry } from "../hostile-entry.ts";
import { ByteReader } from "./byte-reader.ts";
import { type EntryKind, kindOf } from "./entry-kind.ts";
import { blockSize, parseHeader, type RawHeader } from "./header.ts";
import { type PaxRecords, parsePax } from "./pax.ts";

/** One entry of an archive. Names and link targets are byte strings (latin1), exactly as stored. */
export interface TarEntry {
  name: string;
  kind: EntryKind;
  /** Permission bits with setuid, setgid and sticky. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of content; 0 for everything but files. */
  size: number;
  /** Seconds since the epoch, with a fraction where the archive has one. */
  mtime: number;
  linkname: string;
  /** Extended attributes: name -> value as a byte string. */
  xattrs: Map<string, string>;
  /** The content. What has not been read when the next entry is asked for is skipped. */
  content(): AsyncGenerator<Buffer, void, undefined>;
}

/** Long names and attributes of one entry; more than this is an attack on memory. */
const maxExtensionBytes = 1024 * 1024;

/**
 * Reads a tar (ustar, pax, GNU long names) entry by entry, holding no more than one chunk and one header in memory, and
 * to its very end, also past the end mark, so that whoever hashes the stream sees all of it.
 *
 * We read tar ourselves, where a library would do for ordinary archives, because a layer needs what libraries smooth
 * over: names and attribute values as bytes (a file capability is binary), and a refusal of whatever two readers could
 * understand differently.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source);
  let locals: PaxRecords = new Map();
  try {
    for (;;) {
      const header = await nextHeader(reader);
      if (header === undefined) break;
      if (header.typeflag === "g") {
        checkGlobals(parsePax(await extension(reader, header)));
      } else if (header.typeflag === "x") {
        locals = new Map([...locals, ...parsePax(await extension(reader, header))]);
      } else if (header.typeflag === "L" || header.typeflag === "K") {
        const name = (await extension(reader, header)).toString("latin1").replace(/\0$/, "");
        locals.set(header.typeflag === "L" ? "path" : "linkpath", name);
      } else {
        const body = new Body(reader);
        const entry = makeEntry(header, locals, body);
        locals = new Map();
        body.start(entry.size);
        yield entry;
        await body.skip();
      }
    }
    if (locals.size > 0) throw malformed("it ends after an extended header that belongs to no entry");
    while ((await reader.some(1 << 20)) !== undefined);
  } finally {
    await reader.close();
  }
}

async function nextHeader(reader: ByteReader): Promise<RawHeader | undefined> {
  const block = await reader.read(blockSize);
  // Some writers leave the end mark out; the specification wants two blocks of zeros.
  if (block.length === 0) return undefined;
  if (block.length < blockSize) throw malformed("it ends in the middle of a header");
  const header = parseHeader(block);
  if (header !== undefined) return header;
  const second = await reader.read(blockSize);
  if (second.length === blockSize && parseHeader(second) !== undefined) {
    throw malformed("an entry follows a single block of zeros");
  }
  return undefined;
}

async function extension(reader: ByteReader, header: RawHeader): Promise<Buffer> {
  if (header.size > maxExtensionBytes) {
    throw hostileEntry(
      header.name,
      `extended header of ${header.size} bytes, at most ${maxExtensionBytes} are allowed`,
    );
  }
  const padded = Math.ceil(header.size / blockSize) * blockSize;
  const data = await reader.read(padded);
  if (data.length < padded) throw malformed("it ends in the middle of an extended header");
  return data.subarray(0, header.size);
}

/**
 * Go's reader, with it containerd and docker, ignores global records, GNU tar applies them: refused where that makes
 * two archives of one.
 */
function checkGlobals(records: PaxRecords): void {
  for (const keyword of ["path", "linkpath", "size"]) {
    if (records.has(keyword))
      throw hostileEntry(records.get(keyword) ?? "", `${keyword} is set for all entries at once`);
  }
}

function makeEntry(header: RawHeader, pax: PaxRecords, body: Body): TarEntry {
  const name = pax.get("path") ?? header.name;
  const linkname = pax.get("linkpath") ?? header.linkname;
  if (name.includes("\0") || linkname.includes("\0")) throw hostileEntry(name, "name contains a NUL byte");
  for (const keyword of pax.keys()) {
    if (keyword.startsWith("GNU.sparse.")) throw malformed(`${name} is a sparse file, which layers must not have`);
  }
  const kind = kindOf(header.typeflag, name);
  if (kind === undefined) throw malformed(`${name} has the unknown type ${JSON.stringify(header.typeflag)}`);
  const size = paxNumber(pax, "size") ?? header.size;
  if (!Number.isSafeInteger(size) || size < 0) throw hostileEntry(name, `size is ${size}`);
  // Readers disagree whether content follows a link or a directory that claims a size, so such an entry means two
  // things at once.
  if (kind !== "file" && size !== 0) throw hostileEntry(name, `${kind} claims ${size} bytes of content`);
  return {
    name,
    kind,
    mode: header.mode & 0o7777,
    uid: identifier(name, "uid", paxNumber(pax, "uid") ?? header.uid),
    gid: identifier(name, "gid", paxNumber(pax, "gid") ?? header.gid),
    size,
    mtime: paxNumber(pax, "mtime") ?? header.mtime,
    linkname,
    xattrs: xattrsOf(pax),
    content: () => body.chunks(),
  };
}

/** `SCHILY.xattr.<name>`: how tar, Go's archive/tar and with them all image tools store extended attributes. */
function xattrsOf(pax: PaxRecords): Map<string, string> {
  const xattrs = new Map<string, string>();
  for (const [keyword, value] of pax) {
    if (keyword.startsWith("SCHILY.xattr.")) xattrs.set(keyword.slice("SCHILY.xattr.".length), value);
  }
  return xattrs;
}

function paxNumber(pax: PaxRecords, keyword: string): number | undefined {
  const text = pax.get(keyword);
  // An empty value means "as if it were not there".
  if (text === undefined || text === "") return undefined;
  if (!/^-?[0-9]{1,19}(\.[0-9]*)?$/.test(text)) throw malformed(`pax ${keyword} is ${JSON.stringify(text)}`);
  return Number(text);
}

function identifier(name: string, field: string, value: number): number {
  // The last one, (uid_t)-1, means "leave as it is" to chown(2).
  if (Number.isInteger(value) && value >= 0 && value < 0xffffffff) return value;
  throw hostileEntry(name, `${field} is ${value}`);
}

/** The content of the current entry in the shared stream, with its padding. */
class Body {
  #reader: ByteReader;
  #left = 0;
  #padding = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  start(size: number): void {
    this.#left = size;
    this.#padding = (blockSize - (size % blockSize)) % blockSize;
  }

  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    while (this.#left > 0) {
      const chunk = await this.#reader.some(this.#left);
      if (chunk === undefined) throw malformed(`it ends ${this.#left} bytes before the end of an entry`);
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  async skip(): Promise<void> {
    for await (const _ of this.chunks());
    const padding = await this.#reader.read(this.#padding);
    if (padding.length < this.#padding) throw malformed("it ends in the padding of an entry");
    this.#padding = 0;
  }
}

function malformed(what: string) {
  return imageError("IMAGE_MALFORMED", `archive is not a valid tar: ${what}`, {
    hint: "the file is damaged or made by a tool with other ideas of tar; make or download it again",
  });
}
