import { closeSync, fstatSync } from "node:fs";
import { errnoOf, messageOf } from "@drydock/kit";
import { connectUnixSocket } from "@drydock/linux";
import type { StartRequest } from "@drydock/runtime";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { wholeNumber } from "../parse/whole-number.ts";
import { loggerOf } from "./log-file.ts";

/** What create and run take beside the bundle. */
export interface ContainerOptions {
  bundle: string;
  pidFile?: string;
  consoleSocket?: string;
  preserveFds?: string;
  /** commander's names for --no-pivot and --no-new-keyring: true unless given. */
  pivot: boolean;
  newKeyring: boolean;
}

export function withContainerOptions(command: Command): Command {
  return command
    .option("-b, --bundle <dir>", "directory with config.json", ".")
    .option("--pid-file <file>", "write the pid of its first process there")
    .option("--console-socket <path>", "Unix socket that gets the terminal of a container with process.terminal")
    .option("--preserve-fds <n>", "hand our descriptors 3 to 2+n on to it")
    .option("--no-new-keyring", "let it keep our session keyring")
    .option("--no-pivot", "refused: without pivot_root the host's files would stay mounted");
}

/** For readBundle: a property that is ignored is not ignored silently. */
export function tellUnknown(command: Command): (path: string) => void {
  return (path) => loggerOf(command).warn({}, `ignored: ${path} is no property of the runtime-spec`);
}

/** The part of a request that these options make. */
export function requestOptions(options: ContainerOptions): Pick<StartRequest, "preserveFds" | "keepKeyring"> {
  if (!options.pivot) {
    throw failure("CLI_USAGE", "--no-pivot: the container's root is always made by pivot_root", {
      hint: "leave it out; a root on the initial ramfs needs a bind mount of itself first",
    });
  }
  return {
    ...(options.newKeyring ? {} : { keepKeyring: true }),
    ...(options.preserveFds === undefined ? {} : { preserveFds: openDescriptors(options.preserveFds) }),
  };
}

/**
 * How many descriptors are to be handed on; each of them must be there. Our own descriptors take the numbers that the
 * caller has left free, so the launcher has counted before Node started; without it at least something is open there.
 */
export function openDescriptors(text: string): number {
  const count = wholeNumber(text, "--preserve-fds");
  const counted = process.env.DRYDOCK_INHERITED_FDS;
  for (let fd = 3; fd < 3 + count; fd++) {
    if (counted === undefined ? isOpen(fd) : fd < 3 + Number(counted)) continue;
    throw failure("CLI_USAGE", `--preserve-fds ${count}: descriptor ${fd} is not open`, {
      hint: "the caller opens 3, 4 … before it calls, without gaps",
    });
  }
  return count;
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EBADF") return false;
    throw error;
  }
}

/** Runs `use` with a descriptor connected to the socket, and closes it afterwards. */
export async function withConsoleSocket<Result>(
  path: string,
  use: (socket: number) => Promise<Result>,
): Promise<Result> {
  let socket: number;
  try {
    socket = connectUnixSocket(path);
  } catch (error) {
    throw failure("CLI_USAGE", `--console-socket: ${path}: ${messageOf(error)}`, {
      hint: "it must be a Unix socket that somebody listens on",
      cause: error,
    });
  }
  try {
    return await use(socket);
  } finally {
    closeSync(socket);
  }
}

/** A terminal needs somebody who holds its other side; `what` asks for it. */
export function checkTerminal(terminal: boolean | undefined, consoleSocket: string | undefined, what: string): void {
  if (terminal && consoleSocket === undefined) {
    throw failure("CLI_USAGE", `${what}: nobody would hold the other side of the terminal`, {
      hint: "give --console-socket, or no terminal to the process",
    });
  }
  if (!terminal && consoleSocket !== undefined) {
    throw failure("CLI_USAGE", "--console-socket: the process has no terminal", {
      hint: "leave it out, or set process.terminal to true",
    });
  }
}
