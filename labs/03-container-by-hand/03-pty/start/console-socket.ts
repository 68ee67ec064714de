/**
 * How a descriptor goes through a Unix socket: as a control message of type SCM_RIGHTS beside at least one byte of text
 * (sendmsg(2), cmsg(3), unix(7)). You need not change this file.
 */
import { inherited, type MemoryBlock, memory, named, type Operand, type Step, valueAt } from "@drydock/linux";

/** struct msghdr, struct cmsghdr: offsets on 64-bit Linux. */
const header = { size: 56, vector: 16, vectorLength: 24, control: 32, controlLength: 40 };
const control = { size: 24, level: 8, type: 12, descriptor: 16, used: 20 };
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const F_DUPFD_CLOEXEC = 1030;
const text = "/dev/ptmx";

/** What a program that sends needs in its `memory`. */
export const sendMemory: Record<string, MemoryBlock> = {
  sendHeader: {
    bytes: headerBytes(),
    addresses: [
      { offset: header.vector, of: memory("sendVector") },
      { offset: header.control, of: memory("sendControl") },
    ],
  },
  sendVector: { bytes: vectorBytes(), addresses: [{ offset: 0, of: text }] },
  sendControl: { bytes: controlBytes() },
};

/** Sends `descriptor` through the connected socket that the program inherits by the name `socket`. */
export function sendSteps(descriptor: Operand, socket: string): Step[] {
  return [
    {
      name: "fcntl",
      args: [descriptor, named("F_DUPFD_CLOEXEC", F_DUPFD_CLOEXEC), 0],
      why: "its number stands in the control message",
      result: memory("sendControl", control.descriptor),
    },
    { name: "sendmsg", args: [inherited(socket), memory("sendHeader"), 0], why: "whoever listens has it now, too" },
    { name: "close", args: [valueAt("sendControl", control.descriptor)], why: "this copy was for the message" },
    { name: "close", args: [inherited(socket)], why: "nothing more is said there" },
  ];
}

function headerBytes(): Buffer {
  const bytes = Buffer.alloc(header.size);
  bytes.writeBigUInt64LE(1n, header.vectorLength);
  bytes.writeBigUInt64LE(BigInt(control.size), header.controlLength);
  return bytes;
}

function vectorBytes(): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt(text.length), 8);
  return bytes;
}

function controlBytes(): Buffer {
  const bytes = Buffer.alloc(control.size);
  bytes.writeBigUInt64LE(BigInt(control.used), 0);
  bytes.writeUInt32LE(SOL_SOCKET, control.level);
  bytes.writeUInt32LE(SCM_RIGHTS, control.type);
  return bytes;
}
