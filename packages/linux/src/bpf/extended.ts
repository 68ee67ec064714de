/** Extended BPF: struct bpf_insn { u8 code; u8 dst:4, src:4; s16 off; s32 imm } (include/uapi/linux/bpf.h). */
export interface ExtendedInstruction {
  code: number;
  /** Registers 0 to 10; 0 is the result, 1 on entry the address of the context. */
  destination: number;
  source?: number;
  /** Of a jump: instructions to skip. Of a load: bytes from the address. */
  offset?: number;
  immediate?: number;
}

export const extendedCodes = {
  /** dst = *(u32 *)(src + off) */
  loadWord: 0x61,
  /** dst = imm, 32 bits */
  set: 0xb4,
  /** dst = src, 32 bits */
  copy: 0xbc,
  and: 0x54,
  shiftRight: 0x74,
  jumpAlways: 0x05,
  jumpEqual: 0x15,
  jumpNotEqual: 0x55,
  /** dst & imm is not 0 */
  jumpSet: 0x45,
  exit: 0x95,
} as const;

export function encodeExtended(program: readonly ExtendedInstruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, destination, source = 0, offset = 0, immediate = 0 }] of program.entries()) {
    bytes.writeUInt8(code, index * 8);
    bytes.writeUInt8(destination | (source << 4), index * 8 + 1);
    bytes.writeInt16LE(offset, index * 8 + 2);
    bytes.writeInt32LE(immediate | 0, index * 8 + 4);
  }
  return bytes;
}
