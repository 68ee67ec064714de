import type { Architecture } from "../syscalls/numbers.ts";

/** The data of an image begins on a page of its own, so that it can be writable while the code is not. */
const pageSize = 0x1000;
const headerSize = 64;
const segmentHeaderSize = 56;
const segmentCount = 3;
/** Offset of the code: right after the headers. */
export const elfHeaderSize = headerSize + segmentCount * segmentHeaderSize;

const machine: Record<Architecture, number> = { x64: 62, arm64: 183 };
const segmentType = { PT_LOAD: 1, PT_GNU_STACK: 0x6474e551 };
const access = { R: 4, W: 2, X: 1 };

/** A static ELF64 executable of one page of headers and code, and data behind it (elf(5)). */
export function elfImage(arch: Architecture, base: number, code: Uint8Array, data: Uint8Array): Buffer {
  const image = Buffer.alloc(pageSize + data.length);
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  image.writeUInt16LE(2, 16); // ET_EXEC
  image.writeUInt16LE(machine[arch], 18);
  image.writeUInt32LE(1, 20);
  image.writeBigUInt64LE(BigInt(base + elfHeaderSize), 24);
  image.writeBigUInt64LE(BigInt(headerSize), 32);
  image.writeUInt16LE(headerSize, 52);
  image.writeUInt16LE(segmentHeaderSize, 54);
  image.writeUInt16LE(segmentCount, 56);
  const codeEnd = elfHeaderSize + code.length;
  segment(image, 0, segmentType.PT_LOAD, access.R | access.X, 0, base, codeEnd);
  segment(image, 1, segmentType.PT_LOAD, access.R | access.W, pageSize, base + pageSize, data.length);
  // Without this header the kernel makes the stack, and on old kernels all memory, executable.
  segment(image, 2, segmentType.PT_GNU_STACK, access.R | access.W, 0, 0, 0);
  image.set(code, elfHeaderSize);
  image.set(data, pageSize);
  return image;
}

function segment(
  image: Buffer,
  index: number,
  type: number,
  flags: number,
  offset: number,
  address: number,
  size: number,
) {
  const at = headerSize + index * segmentHeaderSize;
  image.writeUInt32LE(type, at);
  image.writeUInt32LE(flags, at + 4);
  image.writeBigUInt64LE(BigInt(offset), at + 8);
  image.writeBigUInt64LE(BigInt(address), at + 16);
  image.writeBigUInt64LE(BigInt(address), at + 24);
  image.writeBigUInt64LE(BigInt(size), at + 32);
  image.writeBigUInt64LE(BigInt(size), at + 40);
  image.writeBigUInt64LE(BigInt(pageSize), at + 48);
}
