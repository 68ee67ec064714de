import { closeSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { syscall } from "./syscall.ts";

const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;

export interface Pipe {
  read: number;
  write: number;
}

/** pipe2(2), close-on-exec. `nonblocking`: for both ends, also in processes that inherit one. */
export function openPipe(options: { nonblocking?: boolean } = {}): Pipe {
  const fds = Buffer.alloc(8);
  syscall("pipe2", fds, O_CLOEXEC | (options.nonblocking ? O_NONBLOCK : 0));
  return { read: fds.readInt32LE(0), write: fds.readInt32LE(4) };
}

export function closePipe(pipe: Pipe): void {
  closeSync(pipe.read);
  closeSync(pipe.write);
}

/** A descriptor as a stream in the event loop (epoll, no thread of libuv's pool); the stream owns and closes it. */
export function readableFrom(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false });
}

export function writableTo(fd: number): Socket {
  return new Socket({ fd, readable: false, writable: true });
}

/** Everything until the last writer is gone. */
export function readToEnd(fd: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const stream = readableFrom(fd);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("error", reject);
    stream.once("close", () => resolve(Buffer.concat(chunks)));
    // A readable that was opened on a descriptor starts paused in nobody's hands.
    stream.resume();
  });
}

/** The same on this thread, which waits for it. */
export function readToEndNow(fd: number): Buffer {
  const chunks: Buffer[] = [];
  try {
    for (;;) {
      const chunk = Buffer.alloc(4096);
      const length = readSync(fd, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(fd);
  }
}
