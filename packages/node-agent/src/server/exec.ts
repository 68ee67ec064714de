import type { Readable } from "node:stream";
import { messageOf } from "@drydock/kit";
import type { ExecSession } from "@drydock/runtime";
import type { WebSocket } from "ws";
import type { PodRuntime } from "../port/pod-runtime.ts";
import { Channels, channel } from "./channels.ts";
import { flagOf } from "./query.ts";

export interface ExecOptions {
  command: string[];
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export function execOptionsOf(query: URLSearchParams): ExecOptions {
  return {
    command: query.getAll("command"),
    stdin: flagOf(query, "stdin"),
    stdout: flagOf(query, "stdout"),
    stderr: flagOf(query, "stderr"),
    tty: flagOf(query, "tty"),
  };
}

const sigkill = 9;
/** Output that comes later than this after the command's end is not waited for: a background child may hold the pipes for ever. */
const lingerMs = 300;

/** Runs a command in a container, with its streams on the WebSocket, until it ends or the client goes. */
export async function serveExec(
  runtime: PodRuntime,
  id: string,
  options: ExecOptions,
  socket: WebSocket,
): Promise<void> {
  const channels = new Channels(socket);
  let session: ExecSession;
  // What the client sends before the command runs would be lost: nobody listens yet.
  socket.pause();
  try {
    session = await runtime.exec(id, { command: options.command, tty: options.tty, stdin: options.stdin });
  } catch (error) {
    socket.resume();
    return channels.finish(internalError(`error executing command in container: ${messageOf(error)}`));
  }
  // The client hung up: nobody would ever see the command's output or be able to end it.
  socket.once("close", () => session.kill(sigkill));
  forwardInput(channels, session, socket, options);
  socket.resume();
  // Tells the client that the command runs, before it says anything.
  await channels.send(options.stdout ? channel.stdout : options.stderr ? channel.stderr : channel.error, "");
  const outputs = [
    forwardOutput(session.stdout, options.stdout ? channel.stdout : undefined, channels),
    forwardOutput(session.stderr, options.stderr ? channel.stderr : undefined, channels),
  ];
  const end = await session.exit.then(
    ({ code }) => (code === 0 ? success : exitStatus(code)),
    (error: unknown) => internalError(`error executing command in container: ${messageOf(error)}`),
  );
  await Promise.race([Promise.all(outputs), new Promise((resolve) => setTimeout(resolve, lingerMs).unref())]);
  await channels.finish(end);
}

function forwardInput(channels: Channels, session: ExecSession, socket: WebSocket, options: ExecOptions): void {
  // The command may end, or close its stdin, before it has read everything.
  session.stdin.on("error", () => {});
  if (!options.stdin) session.stdin.end();
  channels.onMessage({
    stdin(data) {
      if (!options.stdin || session.stdin.writableEnded || session.stdin.write(data)) return;
      socket.pause();
      session.stdin.once("drain", () => socket.resume());
    },
    resize: (columns, rows) => options.tty && session.resize(columns, rows),
    close: (number) => number === channel.stdin && session.stdin.end(),
  });
}

async function forwardOutput(
  stream: Readable | undefined,
  number: number | undefined,
  channels: Channels,
): Promise<void> {
  if (!stream) return;
  try {
    for await (const chunk of stream) if (number !== undefined) await channels.send(number, chunk as Buffer);
  } catch {
    // Reading a terminal whose last process has ended fails with EIO: that is its end.
  }
}

const success = { metadata: {}, status: "Success" };

/** kubectl takes the command's exit code from the cause ExitCode. */
function exitStatus(code: number): object {
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

function internalError(message: string): object {
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}
