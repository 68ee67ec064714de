/**
 * The machine code that runs a table of system calls (encode.ts) on x86-64, one instruction per line. It uses no stack
 * and no memory of its own, so a fork needs nothing but a jump to another table. Registers that the kernel keeps:
 *
 *   r12  context: { table, failure table, failed entry, its errno }
 *   rbx  entry: { u16 number, u16 tolerated errno, u32 flags, 6 arguments, address for the result }
 *   ebp  its flags
 */
/** An instruction with its bytes, or a label for the one that follows. */
type Line = string | readonly [bytes: string, instruction: string, why?: string];

const listing: readonly Line[] = [
  ["49 bc 00 00 00 00 00 00 00 00", "movabs r12,0x0", "the address of the first context is patched in"],
  "begin",
  ["49 8b 1c 24", "mov rbx,[r12]", "first entry of the context's table"],
  "next",
  ["8b 6b 04", "mov ebp,[rbx+0x4]"],
  ["48 8b 7b 08", "mov rdi,[rbx+0x8]", "argument 1"],
  ["f7 c5 00 01 00 00", "test ebp,0x100", "is it the address of the value?"],
  ["74 03", "je +3"],
  ["48 8b 3f", "mov rdi,[rdi]", "then load it"],
  ["48 8b 73 10", "mov rsi,[rbx+0x10]", "argument 2"],
  ["f7 c5 00 02 00 00", "test ebp,0x200"],
  ["74 03", "je +3"],
  ["48 8b 36", "mov rsi,[rsi]"],
  ["48 8b 53 18", "mov rdx,[rbx+0x18]", "argument 3"],
  ["f7 c5 00 04 00 00", "test ebp,0x400"],
  ["74 03", "je +3"],
  ["48 8b 12", "mov rdx,[rdx]"],
  ["4c 8b 53 20", "mov r10,[rbx+0x20]", "argument 4: r10, since syscall itself overwrites rcx"],
  ["f7 c5 00 08 00 00", "test ebp,0x800"],
  ["74 03", "je +3"],
  ["4d 8b 12", "mov r10,[r10]"],
  ["4c 8b 43 28", "mov r8,[rbx+0x28]", "argument 5"],
  ["f7 c5 00 10 00 00", "test ebp,0x1000"],
  ["74 03", "je +3"],
  ["4d 8b 00", "mov r8,[r8]"],
  [
    "4c 8b 4b 30",
    "mov r9,[rbx+0x30]",
    "argument 6, never indirect; with JUMP or FORK it is our own and the call ignores it",
  ],
  ["0f b7 03", "movzx eax,WORD PTR [rbx]"],
  ["0f 05", "syscall"],
  ["48 3d 01 f0 ff ff", "cmp rax,0xfffffffffffff001", "-4095 to -1 are errors"],
  ["73 33", "jae error"],
  ["48 85 c0", "test rax,rax"],
  ["75 10", "jne store"],
  ["f7 c5 04 00 00 00", "test ebp,0x4", "0 from a FORK call: we are the child"],
  ["75 1d", "jne child"],
  ["f7 c5 02 00 00 00", "test ebp,0x2", "0 where 0 means end of file"],
  ["75 4d", "jne fail"],
  "store",
  ["48 8b 53 38", "mov rdx,[rbx+0x38]", "somewhere to keep the result?"],
  ["48 85 d2", "test rdx,rdx"],
  ["74 03", "je advance"],
  ["48 89 02", "mov [rdx],rax"],
  "advance",
  ["48 83 c3 40", "add rbx,0x40"],
  ["e9 77 ff ff ff", "jmp next"],
  "child",
  ["4c 8b 63 30", "mov r12,[rbx+0x30]", "the child's context"],
  ["e9 6a ff ff ff", "jmp begin"],
  "error",
  ["f7 d8", "neg eax", "errno"],
  ["83 f8 04", "cmp eax,0x4", "EINTR: the same call again"],
  ["0f 84 63 ff ff ff", "je next"],
  ["0f b7 53 02", "movzx edx,WORD PTR [rbx+0x2]"],
  ["39 d0", "cmp eax,edx", "the errno that this step tolerates?"],
  ["74 08", "je tolerated"],
  ["81 fa ff ff 00 00", "cmp edx,0xffff", "or does it tolerate any?"],
  ["75 14", "jne fail"],
  "tolerated",
  ["48 f7 d8", "neg rax", "stored as the kernel gave it: negative"],
  ["f7 c5 01 00 00 00", "test ebp,0x1", "go on at another entry?"],
  ["74 bc", "je store"],
  ["48 8b 5b 30", "mov rbx,[rbx+0x30]"],
  ["e9 3f ff ff ff", "jmp next"],
  "fail",
  ["49 89 5c 24 10", "mov [r12+0x10],rbx", "which entry, which errno"],
  ["49 89 44 24 18", "mov [r12+0x18],rax"],
  ["49 8b 5c 24 08", "mov rbx,[r12+0x8]", "go on with the failure table: report and exit"],
  ["e9 2b ff ff ff", "jmp next"],
];

let template: Buffer | undefined;

/** The interpreter's bytes, ready to run in the context at this address. */
export function interpreterX86_64(contextAddress: number): Buffer {
  template ??= Buffer.from(
    interpreterListing()
      .map(({ bytes }) => bytes.replaceAll(" ", ""))
      .join(""),
    "hex",
  );
  const code = Buffer.from(template);
  code.writeBigUInt64LE(BigInt(contextAddress), 2);
  return code;
}

export interface ListedInstruction {
  bytes: string;
  instruction: string;
  why?: string;
  /** The name by which jumps call this place. */
  label?: string;
}

/** The listing, for those who want to read it and for the test that compares it with a disassembler. */
export function interpreterListing(): ListedInstruction[] {
  const result: ListedInstruction[] = [];
  let label: string | undefined;
  for (const line of listing) {
    if (typeof line === "string") {
      label = line;
      continue;
    }
    const [bytes, instruction, why] = line;
    result.push({ bytes, instruction, ...(why ? { why } : {}), ...(label ? { label } : {}) });
    label = undefined;
  }
  return result;
}
