import type { Writable } from "node:stream";

/** 128 + SIGPIPE: what a shell shows for other programs whose reader has left. */
const readerLeft = 141;

const watched = new WeakSet<Writable>();
let ending = false;

/**
 * Ends the process quietly when nobody reads its output any more, as in `drydock logs | head -1`. Other programs end by SIGPIPE; Node ignores that
 * signal and gets an error from write(2) instead. A command that has something to take down first ends as by Ctrl-C, which it handles.
 */
export function endWithReader(...streams: readonly Writable[]): void {
  for (const stream of streams) {
    if (!watched.has(stream)) stream.on("error", onError);
    watched.add(stream);
  }
}

function onError(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  if (ending) return;
  ending = true;
  if (process.listenerCount("SIGINT") > 0) process.kill(process.pid, "SIGINT");
  else process.exit(readerLeft);
}
