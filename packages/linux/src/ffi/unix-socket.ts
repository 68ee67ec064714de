import { closeSync } from "node:fs";
import { failure } from "../errors.ts";
import { syscall } from "./syscall.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
/** sun_path with its NUL (unix(7)). */
const longestPath = 107;

/**
 * A descriptor that is connected to a Unix socket, for programs that inherit it: Node's own sockets do not give theirs
 * away. Does not wait for the other side to accept. The caller closes it.
 */
export function connectUnixSocket(path: string): number {
  const bytes = Buffer.from(path);
  if (bytes.length > longestPath) {
    throw failure("LINUX_UNSUPPORTED", `the path of a socket has at most ${longestPath} bytes: ${path}`, {
      hint: "use a shorter directory, or a symbolic link to it",
    });
  }
  const address = Buffer.alloc(2 + bytes.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(bytes, 2);
  const fd = syscall("socket", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  try {
    syscall("connect", fd, address, address.length);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
