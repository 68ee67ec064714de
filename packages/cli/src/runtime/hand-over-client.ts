import {
  type Architecture,
  encodeProgram,
  type MemoryBlock,
  memory,
  named,
  openFlags,
  resultOf,
  type Step,
  type SyscallProgram,
  struct,
  valueAt,
} from "@drydock/linux";

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 0o2000001;
const AT_FDCWD = -100;

/** What the client sends: u64 pid, u64 length of its arguments, its working directory, then the arguments, a NUL after each. */
export const handOver = { directory: 16, directorySize: 4096, arguments: 4112, argumentsSize: 16384 } as const;
/** The exit code when whoever listened is gone, the same as of a container that could not be started. */
export const handOverFailed = 125;

/**
 * `drydock-runtime run …` without Node: a program of ten system calls that tells a running Drydock what it was called
 * with and ends with the container's exit code. The container opens the client's own streams by way of its pid.
 */
export function handOverClient(socketPath: string): Buffer {
  return encodeProgram(clientProgram(socketPath), { arch: process.arch as Architecture, inherit: {} }).image;
}

function clientProgram(socketPath: string): SyscallProgram {
  const address = Buffer.from(`\0\0${socketPath}\0`);
  address.writeUInt16LE(AF_UNIX, 0);
  const reply = Buffer.alloc(8);
  reply.writeBigUInt64LE(BigInt(handOverFailed));
  const gone = `drydock: nobody listens on ${socketPath}: start drydock runtime serve, or unset DRYDOCK_RUNTIME_SOCKET\n`;
  const memoryBlocks: Record<string, MemoryBlock> = {
    request: { bytes: handOver.arguments + handOver.argumentsSize },
    reply: { bytes: reply },
  };
  const steps: Step[] = [
    {
      name: "openat",
      args: [AT_FDCWD, "/proc/self/cmdline", named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "what this process was called with",
      result: "file",
    },
    {
      name: "read",
      args: [resultOf("file"), memory("request", handOver.arguments), handOver.argumentsSize],
      why: "its arguments",
      result: memory("request", 8),
    },
    { name: "getpid", args: [], why: "whose streams are the container's", result: memory("request", 0) },
    {
      name: "getcwd",
      args: [memory("request", handOver.directory), handOver.directorySize],
      why: "what a bundle's path is relative to",
    },
    { name: "socket", args: [AF_UNIX, SOCK_STREAM_CLOEXEC, 0], why: "to who is running", result: "socket" },
    {
      name: "connect",
      args: [resultOf("socket"), struct(address, socketPath), address.length],
      why: "to who is running",
      onError: { jump: "gone", when: "any" },
    },
    { name: "write", args: [resultOf("socket"), memory("request"), handOver.arguments], why: "pid and directory" },
    {
      name: "write",
      args: [resultOf("socket"), memory("request", handOver.arguments), valueAt("request", 8)],
      why: "the arguments",
    },
    { name: "read", args: [resultOf("socket"), memory("reply"), 8], why: "until the container has ended" },
    { name: "exit_group", args: [valueAt("reply")], why: "with its exit code" },
    { name: "label", label: "gone", args: [], why: "nobody listens" },
    { name: "write", args: [2, gone, Buffer.byteLength(gone)], why: "say so" },
    { name: "exit_group", args: [handOverFailed], why: "nobody listens" },
  ];
  return { name: "client", memory: memoryBlocks, steps, reportTo: 2, failureExitCode: handOverFailed };
}
