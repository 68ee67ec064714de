/**
 * Classic BPF as seccomp(2) takes it: struct sock_filter { u16 code; u8 jt, jf; u32 k } (include/uapi/linux/filter.h).
 * One accumulator A; jumps only go forward, and a conditional one at most 255 instructions far.
 */
export interface ClassicInstruction {
  code: number;
  /** Instructions to skip when the condition holds, and when it does not. */
  jt: number;
  jf: number;
  k: number;
}

export const classicCodes = {
  /** A = the 32-bit word at offset k of the input. */
  load: 0x20,
  /** A &= k */
  and: 0x54,
  jumpAlways: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterOrEqual: 0x35,
  /** A & k is not 0 */
  jumpSet: 0x45,
  returnValue: 0x06,
} as const;

export type ClassicJump = "jumpEqual" | "jumpGreater" | "jumpGreaterOrEqual" | "jumpSet";

/** The kernel takes no longer program (BPF_MAXINSNS). */
export const classicMaximum = 4096;

export function encodeClassic(program: readonly ClassicInstruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  }
  return bytes;
}

export function decodeClassic(bytes: Buffer): ClassicInstruction[] {
  return Array.from({ length: bytes.length / 8 }, (_, index) => ({
    code: bytes.readUInt16LE(index * 8),
    jt: bytes.readUInt8(index * 8 + 2),
    jf: bytes.readUInt8(index * 8 + 3),
    k: bytes.readUInt32LE(index * 8 + 4),
  }));
}
