import { imageError } from "../errors.ts";

/**
 * One 512-byte header as it stands in the archive (POSIX.1-2017 pax, "ustar Interchange Format", and GNU's base-256
 * numbers). Names are byte strings: one character per byte (latin1), because tar does not say how names are encoded.
 */
export interface RawHeader {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Seconds since the epoch. */
  mtime: number;
  /** The typeflag character: "0" file, "5" directory, "x" pax header … */
  typeflag: string;
  linkname: string;
}

export const blockSize = 512;

const magicOffset = 257;

/** Parses a header block; undefined for a block of zeros, which ends an archive. */
export function parseHeader(block: Buffer): RawHeader | undefined {
  if (isZero(block)) return undefined;
  checkSum(block);
  const magic = block.toString("latin1", magicOffset, magicOffset + 8);
  const name = text(block, 0, 100);
  // Only POSIX archives have a prefix; GNU's old format keeps other things at the same place.
  const prefix = magic === "ustar\x0000" ? text(block, 345, 155) : "";
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8, "mode"),
    uid: number(block, 108, 8, "uid"),
    gid: number(block, 116, 8, "gid"),
    size: number(block, 124, 12, "size"),
    mtime: number(block, 136, 12, "mtime"),
    typeflag: block.toString("latin1", 156, 157).replace("\0", "0"),
    linkname: text(block, 157, 100),
  };
}

/** Writes a ustar header. Whatever does not fit belongs in a pax header before it; here it throws a RangeError. */
export function encodeHeader(header: RawHeader): Buffer {
  const block = Buffer.alloc(blockSize);
  putText(block, header.name, 0, 100);
  putNumber(block, header.mode, 100, 8);
  putNumber(block, header.uid, 108, 8);
  putNumber(block, header.gid, 116, 8);
  putNumber(block, header.size, 124, 12);
  putNumber(block, header.mtime, 136, 12);
  block.write(header.typeflag, 156, "latin1");
  putText(block, header.linkname, 157, 100);
  block.write("ustar\x0000", magicOffset, "latin1");
  block.write(`${sumOf(block).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** The largest number that an octal field of `length` bytes holds. */
export function octalLimit(length: number): number {
  return 8 ** (length - 1) - 1;
}

function isZero(block: Buffer): boolean {
  for (const byte of block) if (byte !== 0) return false;
  return true;
}

/** The sum of all bytes, the checksum field itself counted as spaces. */
function sumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < blockSize; i++) if (i < 148 || i >= 156) sum += block[i] as number;
  return sum;
}

function checkSum(block: Buffer): void {
  const stored = number(block, 148, 8, "checksum");
  const computed = sumOf(block);
  if (stored === computed) return;
  throw malformed(`header checksum is ${stored}, its bytes add up to ${computed}`);
}

function text(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset);
  return block.toString("latin1", offset, end === -1 || end > offset + length ? offset + length : end);
}

/** Octal digits between spaces and NULs, or base-256 when the first bit is set (GNU, for what octal cannot hold). */
function number(block: Buffer, offset: number, length: number, field: string): number {
  const first = block[offset] as number;
  if (first & 0x80) return base256(block.subarray(offset, offset + length), field);
  const digits = block
    .toString("latin1", offset, offset + length)
    .replace(/^[ \0]+/, "")
    .replace(/[ \0].*$/s, "");
  if (digits === "") return 0;
  if (!/^[0-7]+$/.test(digits)) throw malformed(`header field ${field} is ${JSON.stringify(digits)}, not octal`);
  return Number.parseInt(digits, 8);
}

function base256(bytes: Buffer, field: string): number {
  const negative = bytes[0] === 0xff;
  let value = BigInt(negative ? 0xff : (bytes[0] as number) & 0x7f);
  for (const byte of bytes.subarray(1)) value = (value << 8n) | BigInt(byte);
  if (negative) value -= 1n << BigInt(8 * bytes.length);
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw malformed(`header field ${field} is beyond 2^53`);
  return result;
}

function putText(block: Buffer, value: string, offset: number, length: number): void {
  if (value.length > length) throw new RangeError(`${value} has more than ${length} bytes`);
  block.write(value, offset, "latin1");
}

function putNumber(block: Buffer, value: number, offset: number, length: number): void {
  if (value < 0 || value > octalLimit(length)) throw new RangeError(`${value} does not fit into ${length} bytes`);
  block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1");
}

function malformed(what: string) {
  return imageError("IMAGE_MALFORMED", `archive is not a valid tar: ${what}`, {
    hint: "the file is damaged or not a tar archive; make or download it again",
  });
}
