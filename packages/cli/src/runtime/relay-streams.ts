import type { ExecSession } from "@drydock/runtime";

type Streams = Pick<ExecSession, "stdin" | "stdout" | "stderr" | "resize">;

/** Connects our standard streams with those of a process, until `end`. A terminal of ours is put back as it was in any case. */
export async function relayStreams<End>(
  streams: Streams,
  end: Promise<End>,
  { stdin = true, tty }: { stdin?: boolean; tty: boolean },
): Promise<End> {
  const raw = tty && stdin && process.stdin.isTTY;
  const sendSize = (): void => {
    const { columns, rows } = process.stdout;
    if (columns && rows) streams.resize(columns, rows);
  };
  if (raw) process.stdin.setRawMode(true);
  if (tty) {
    sendSize();
    process.stdout.on("resize", sendSize);
  }
  if (stdin) process.stdin.pipe(streams.stdin);
  else streams.stdin.end();
  const outputs = [drained(streams.stdout, process.stdout)];
  if (streams.stderr) outputs.push(drained(streams.stderr, process.stderr));
  try {
    // The streams' end comes after the process's, unless a grandchild holds them: its output is not waited for.
    const result = await end;
    await Promise.race([Promise.all(outputs), new Promise((done) => setTimeout(done, 100).unref())]);
    return result;
  } finally {
    process.stdout.off("resize", sendSize);
    if (raw) process.stdin.setRawMode(false);
    // A pending read of a terminal or pipe would keep this process alive.
    if (stdin) process.stdin.unpipe(streams.stdin).destroy();
    streams.stdout.destroy();
    streams.stderr?.destroy();
  }
}

function drained(from: NodeJS.ReadableStream, to: NodeJS.WritableStream): Promise<void> {
  return new Promise((done) => {
    from.pipe(to, { end: false });
    from.once("end", done).once("error", () => done());
  });
}
