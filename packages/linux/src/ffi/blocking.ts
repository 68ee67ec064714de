import { syscall } from "./syscall.ts";

const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/**
 * Makes reads and writes wait again on a descriptor that is to be handed on. Node makes its own standard streams
 * non-blocking (libuv, for whoever imports node:process), and that is a property of the open file, not of the number:
 * programs that share it would get EAGAIN.
 */
export function makeBlocking(fd: number): void {
  const flags = syscall("fcntl", fd, F_GETFL, 0);
  if (flags & O_NONBLOCK) syscall("fcntl", fd, F_SETFL, flags & ~O_NONBLOCK);
}
