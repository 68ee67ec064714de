import { spawnSync } from "node:child_process";
import { once } from "node:events";
import type { WebSocket } from "ws";
import { failure } from "../errors.ts";
import { type CommandEnd, channels, commandEnd, message } from "./channels.ts";

/** Above so many unsent bytes the terminal or pipe is read no further until they have gone. */
const highWater = 1 << 20;

/** Connects our standard streams with a remote command until it has ended. The terminal is put back as it was in any case. */
export async function relay(socket: WebSocket, { stdin, tty }: { stdin: boolean; tty: boolean }): Promise<CommandEnd> {
  const raw = tty && process.stdin.isTTY;
  const sendSize = (): void => {
    const { columns: Width, rows: Height } = process.stdout;
    if (Width && Height) socket.send(message(channels.resize, JSON.stringify({ Width, Height })));
  };
  if (raw) makeRaw();
  if (tty) {
    sendSize();
    process.stdout.on("resize", sendSize);
  }
  if (stdin) void sendInput(socket);
  try {
    return await receive(socket);
  } finally {
    process.stdout.off("resize", sendSize);
    if (raw) process.stdin.setRawMode(false);
    // A pending read of a terminal or pipe would keep this process alive.
    if (stdin) process.stdin.destroy();
    socket.close();
  }
}

/**
 * Every key goes to the other side as it is, and what comes back is shown as it is. Node's raw mode still makes CR LF of each LF that is printed, which
 * garbles programs that paint the whole screen; stty(1) takes that away. setRawMode(false) puts everything back.
 */
function makeRaw(): void {
  process.stdin.setRawMode(true);
  // Without stty a line break is one carriage return too many: no reason to fail.
  spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
}

async function sendInput(socket: WebSocket): Promise<void> {
  try {
    for await (const chunk of process.stdin) {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(message(channels.stdin, chunk as Buffer));
      while (socket.bufferedAmount > highWater) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } catch {
    // Our own destroy() of the stream when the command has ended; there is nobody left to send to.
    return;
  }
  if (socket.readyState === socket.OPEN) socket.send(Buffer.of(channels.close, channels.stdin));
}

function receive(socket: WebSocket): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    let end: CommandEnd | undefined;
    socket.on("message", (data: Buffer) => {
      const body = data.subarray(1);
      switch (data[0]) {
        case channels.stdout:
          forward(socket, process.stdout, body);
          break;
        case channels.stderr:
          forward(socket, process.stderr, body);
          break;
        case channels.error:
          end = commandEnd(body.toString("utf8"));
          break;
      }
    });
    socket.on("error", reject);
    socket.on("close", () => {
      if (end) resolve(end);
      else reject(failure("CLI_REMOTE_COMMAND", "the connection broke off before the command had ended"));
    });
  });
}

/** Passes output on no faster than our reader takes it: the socket is not read while stdout is full. */
function forward(socket: WebSocket, stream: NodeJS.WriteStream, body: Buffer): void {
  if (body.length === 0 || stream.write(body)) return;
  socket.pause();
  void once(stream, "drain").then(() => socket.resume());
}
