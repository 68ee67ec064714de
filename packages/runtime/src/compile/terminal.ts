import {
  type Architecture,
  fileType,
  flags,
  memory,
  named,
  type Operand,
  openFlags,
  openHowSize,
  openTreeFlags,
  type resolveFlags,
  resultOf,
  type Step,
  struct,
  ttyRequests,
  valueAt,
} from "@drydock/linux";
import type { ProcessConfig } from "../types.ts";
import { attach, openHow, openInRoot } from "./steps.ts";

/** struct msghdr and cmsghdr of 64-bit Linux. */
const message = { size: 56, vector: 16, vectorLength: 24, control: 32, controlLength: 40 };
const control = { size: 24, level: 8, type: 12, data: 16, used: 20 };
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** What callers of runc get as the text beside the descriptor: the name of the terminal. */
const terminalName = "/dev/ptmx";

/** Memory that the steps below use. The descriptor's number is stored where the control message has it. */
export const terminalMemory = {
  terminalMessage: {
    bytes: messageHeader(),
    addresses: [
      { offset: message.vector, of: memory("terminalVector") },
      { offset: message.control, of: memory("terminalControl") },
    ],
  },
  terminalVector: { bytes: vector(), addresses: [{ offset: 0, of: terminalName }] },
  terminalControl: { bytes: controlHeader() },
};

const master = valueAt("terminalControl", control.data);

/** A new terminal of the devpts below `root`: the standard streams, and the terminal of this session. */
export function openTerminal(root: Operand, { consoleSize }: ProcessConfig): Step[] {
  const { O_RDWR, O_NOCTTY, O_CLOEXEC } = openFlags;
  return [
    {
      name: "openat2",
      args: [
        root,
        "dev/pts/ptmx",
        openHow("O_RDWR|O_NOCTTY", O_RDWR | O_NOCTTY | O_CLOEXEC, [
          "RESOLVE_IN_ROOT",
        ] satisfies (keyof typeof resolveFlags)[]),
        openHowSize,
      ],
      why: "process.terminal: a new terminal of the container's own devpts",
      result: memory("terminalControl", control.data),
    },
    {
      name: "ioctl",
      args: [master, named("TIOCSPTLCK", ttyRequests.TIOCSPTLCK), struct(Buffer.alloc(8), "{0}")],
      why: "unlock its other side",
    },
    {
      name: "ioctl",
      args: [
        master,
        named("TIOCGPTPEER", ttyRequests.TIOCGPTPEER),
        named("O_RDWR|O_NOCTTY|O_CLOEXEC", O_RDWR | O_NOCTTY | O_CLOEXEC),
      ],
      why: "its other side, from the kernel and not by a name that the container could bend",
      result: "terminal",
    },
    ...(consoleSize ? [sizeStep(consoleSize)] : []),
    ...["standard input", "standard output", "standard error"].map(
      (name, fd): Step => ({ name: "dup3", args: [resultOf("terminal"), fd, 0], why: `the terminal is ${name}` }),
    ),
    {
      name: "ioctl",
      args: [0, named("TIOCSCTTY", ttyRequests.TIOCSCTTY), 0],
      why: "^C and hang-ups reach the session of this process",
    },
  ];
}

/** Hands the terminal's master to the caller, who reads and writes it. */
export function sendTerminal(socket: Operand): Step[] {
  return [
    {
      name: "sendmsg",
      args: [socket, memory("terminalMessage"), 0],
      why: "the caller gets the terminal (SCM_RIGHTS)",
    },
    { name: "close", args: [socket], why: "nothing more is told there" },
  ];
}

/** /dev/console is the terminal (runtime-spec, config-linux.md, Default Devices); /dev is a new tmpfs. */
export function bindConsole(arch: Architecture): Step[] {
  return [
    openInRoot("/dev", "directory", arch, "dev", "the new /dev, for /dev/console"),
    {
      name: "mknodat",
      args: [resultOf("dev"), "console", named("S_IFREG|0600", fileType.S_IFREG | 0o600), 0],
      why: "the place for /dev/console",
      onError: { ignore: "EEXIST" },
    },
    openInRoot("/dev/console", "any", arch, "target", "the place for /dev/console"),
    {
      name: "open_tree",
      args: [resultOf("terminal"), "", flags(openTreeFlags, "OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC", "AT_EMPTY_PATH")],
      why: "a bind mount of the terminal",
      result: "mount",
    },
    attach("mount", "target", "the terminal is /dev/console"),
  ];
}

function sizeStep({ width, height }: { width: number; height: number }): Step {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(height, 0);
  size.writeUInt16LE(width, 2);
  return {
    name: "ioctl",
    args: [master, named("TIOCSWINSZ", ttyRequests.TIOCSWINSZ), struct(size, `{${height} rows, ${width} columns}`)],
    why: "process.consoleSize",
  };
}

function messageHeader(): Buffer {
  const bytes = Buffer.alloc(message.size);
  bytes.writeBigUInt64LE(1n, message.vectorLength);
  bytes.writeBigUInt64LE(BigInt(control.size), message.controlLength);
  return bytes;
}

function vector(): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt(terminalName.length), 8);
  return bytes;
}

function controlHeader(): Buffer {
  const bytes = Buffer.alloc(control.size);
  bytes.writeBigUInt64LE(BigInt(control.used), 0);
  bytes.writeUInt32LE(SOL_SOCKET, control.level);
  bytes.writeUInt32LE(SCM_RIGHTS, control.type);
  return bytes;
}
