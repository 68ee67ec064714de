/**
 * node terminal.ts [--size COLUMNSxROWS] [--console-socket PATH] -- COMMAND ARG…
 *
 * Runs the command with a terminal of its own, copies what it prints to standard output and standard input to it, and ends
 * with its exit code. With --console-socket the terminal goes to whoever listens at PATH, and terminal.ts ends when the
 * command has begun.
 */
import { parseArgs } from "node:util";
import {
  cloneArgs,
  decodeWaitStatus,
  inherited,
  memory,
  named,
  runProgram,
  SIGCHLD,
  type SyscallProgram,
  struct,
  texts,
} from "@drydock/linux";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: "string" }, "console-socket": { type: "string" } },
});

/** main forks the command, waits for it, and says how it ended. */
function program(command: readonly string[]): SyscallProgram {
  return {
    name: "main",
    memory: { ended: { bytes: 16 } },
    steps: [
      {
        name: "clone3",
        args: [forkArguments(), cloneArgs.size],
        why: "fork: the child becomes the command",
        child: {
          name: "command",
          steps: [
            {
              name: "fcntl",
              args: [inherited("report"), named("F_SETFD", 2), named("FD_CLOEXEC", 1)],
              why: "execve closes the report pipe",
            },
            { name: "dup3", args: [inherited("stdout"), 1, 0], why: "where we print" },
            { name: "dup3", args: [inherited("stdout"), 2, 0], why: "where we print" },
            ...execute(command),
          ],
        },
      },
      { name: "wait4", args: [-1, memory("ended", 8), 0, 0], why: "until the command has ended" },
      { name: "write", args: [inherited("report"), memory("ended"), 16], why: "how it has ended" },
      { name: "exit_group", args: [0], why: "nothing more to do" },
    ],
  };
}

/** By a shell, which looks the command up in PATH. */
function execute(command: readonly string[]): SyscallProgram["steps"] {
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

if (values.size || values["console-socket"]) console.error("there is no terminal yet, so no size, and nothing to send");
const { messages } = await runProgram(program(positionals), undefined, { inherit: { stdout: 1 } });
process.exitCode = decodeWaitStatus(messages[0] ?? 0).code;
