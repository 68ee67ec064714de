// fails at copied: the command has ended and terminal.ts did not
/**
 * node terminal.ts [--size COLUMNSxROWS] [--console-socket PATH] -- COMMAND ARG…
 *
 * Runs the command with a terminal of its own, copies what it prints to standard output and standard input to it, and ends
 * with its exit code. With --console-socket the terminal goes to whoever listens at PATH, and terminal.ts ends when the
 * command has begun.
 */
import { ReadStream } from "node:tty";
import { parseArgs } from "node:util";
import {
  AT_FDCWD,
  cloneArgs,
  connectUnixSocket,
  cString,
  decodeWaitStatus,
  inherited,
  memory,
  named,
  openFlags,
  resultOf,
  runProgram,
  SIGCHLD,
  type Step,
  type SyscallProgram,
  struct,
  syscall,
  texts,
  ttyRequests,
} from "@drydock/linux";
import { sendMemory, sendSteps } from "./console-socket.ts";

const END_OF_INPUT = "\u0004";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: "string" }, "console-socket": { type: "string" } },
});

const how = named("O_RDWR|O_NOCTTY", openFlags.O_RDWR | openFlags.O_NOCTTY);

/** Our side: what the command prints comes out, what is typed goes in. The other side is the command's to open. */
function openTerminal(): number {
  const master = syscall("openat", AT_FDCWD, cString("/dev/ptmx"), Number(how.value), 0);
  syscall("ioctl", master, ttyRequests.TIOCSPTLCK, Buffer.alloc(8));
  syscall("ioctl", master, ttyRequests.TIOCGPTPEER, Number(how.value));
  return master;
}

function resize(master: number, columns: number, rows: number): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(rows, 0);
  size.writeUInt16LE(columns, 2);
  syscall("ioctl", master, ttyRequests.TIOCSWINSZ, size);
}

/** The command in a session of its own, with the terminal as the session's and as its three streams. */
function inCommand(command: readonly string[]): Step[] {
  return [
    {
      name: "fcntl",
      args: [inherited("report"), named("F_SETFD", 2), named("FD_CLOEXEC", 1)],
      why: "execve closes the report pipe",
    },
    { name: "setsid", args: [], why: "a session without a terminal: only its leader may get one" },
    {
      name: "ioctl",
      args: [inherited("master"), named("TIOCGPTPEER", ttyRequests.TIOCGPTPEER), how],
      why: "the other side, from the kernel and not by a name",
      result: "slave",
    },
    { name: "ioctl", args: [resultOf("slave"), named("TIOCSCTTY", ttyRequests.TIOCSCTTY), 0], why: "the session's" },
    ...[0, 1, 2].map(
      (fd): Step => ({
        name: "dup3",
        args: [resultOf("slave"), fd, 0],
        why: `as stream ${fd}`,
        // The first number that was free may be this one: the program begins without streams.
        onError: { ignore: "EINVAL" },
      }),
    ),
    { name: "close_range", args: [4, named("~0", 0xffffffff), 0], why: "nothing else is for the command" },
    ...execute(command),
  ];
}

/** main forks the command. It waits and says how the command ended, or it sends the terminal away and ends. */
function program(command: readonly string[], send: boolean): SyscallProgram {
  return {
    name: "main",
    memory: { ended: { bytes: 16 }, ...sendMemory },
    steps: [
      ...(send ? sendSteps(inherited("master"), "socket") : []),
      {
        name: "clone3",
        args: [forkArguments(), cloneArgs.size],
        why: "fork: the child becomes the command",
        child: { name: "command", steps: inCommand(command) },
      },
      ...(send ? [] : waitSteps()),
      { name: "exit_group", args: [0], why: "nothing more to do" },
    ],
  };
}

function waitSteps(): Step[] {
  return [
    { name: "close", args: [inherited("master")], why: "terminal.ts has it: when that ends, the command hangs up" },
    { name: "wait4", args: [-1, memory("ended", 8), 0, 0], why: "until the command has ended" },
    { name: "write", args: [inherited("report"), memory("ended"), 16], why: "how it has ended" },
  ];
}

/** By a shell, which looks the command up in PATH. */
function execute(command: readonly string[]): Step[] {
  const environment = Object.entries({ ...process.env, TERM: "xterm" }).map(([name, value]) => `${name}=${value}`);
  const words = ["sh", "-c", 'exec "$@"', "sh", ...command];
  return [{ name: "execve", args: ["/bin/sh", texts(words), texts(environment)], why: "the command" }];
}

/** struct clone_args of clone3(2) with nothing but the signal at the end: a plain fork. */
function forkArguments() {
  const bytes = Buffer.alloc(cloneArgs.size);
  bytes.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
  return struct(bytes, "{exit_signal: SIGCHLD}");
}

/** Both ways; settles when nobody has the other side open any more, which the kernel says by EIO. */
function copy(master: number): Promise<void> {
  const stream = new ReadStream(master);
  stream.pipe(process.stdout, { end: false });
  process.stdin.on("data", (chunk) => stream.write(chunk));
  process.stdin.on("end", () => stream.write(END_OF_INPUT));
  // Our own terminal, if we have one, is to interpret nothing: ^C is for the command.
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  const follow = (): void => resize(master, process.stdout.columns, process.stdout.rows);
  process.on("SIGWINCH", follow);
  return new Promise((resolve) => {
    stream.on("error", () => stream.destroy());
    stream.on("close", () => {
      process.off("SIGWINCH", follow);
      if (process.stdin.isTTY) process.stdin.setRawMode(false);
      process.stdin.destroy();
      resolve();
    });
  });
}

const master = openTerminal();
const [columns = process.stdout.columns, rows = process.stdout.rows] = values.size?.split("x").map(Number) ?? [];
if (columns && rows) resize(master, columns, rows);
const path = values["console-socket"];
if (path) {
  const socket = connectUnixSocket(path);
  await runProgram(program(positionals, true), undefined, { inherit: { master, socket } });
} else {
  const [{ messages }] = await Promise.all([
    runProgram(program(positionals, false), undefined, { inherit: { master } }),
    copy(master),
  ]);
  process.exitCode = decodeWaitStatus(messages[0] ?? 0).code;
}
