import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { containerdError } from "../../errors.ts";
import type { SpdyStream } from "../../spdy/spdy-connection.ts";
import type { ContainerdProcess } from "../../tasks/process.ts";
import { upgradeToSpdy } from "./upgrade.ts";

export interface RemoteStreams {
  stdin: boolean;
  tty: boolean;
}

/** From the fourth version on the error stream carries a Status, with the exit code in it. */
const protocols = ["v4.channel.k8s.io"];

/**
 * The streams of a process that a CRI runtime runs for us, exec or attach. The runtime does not tell its pid (it is 0 here), and knows no
 * signals for it: `kill` hangs up, as closing a terminal does. Source: k8s.io/kubernetes/pkg/kubelet/cri/streaming/remotecommand.
 */
export async function remoteCommand(
  url: string,
  { stdin: wantsStdin, tty }: RemoteStreams,
): Promise<ContainerdProcess> {
  const upgraded = await upgradeToSpdy(url, protocols);
  const { connection } = upgraded;
  const open = (name: string): Promise<SpdyStream> => connection.open(new Map([["streamtype", name]]));
  // The server begins when it has all streams that it was told to expect; their order is not important.
  const [error, stdin, stdout, stderr, resize] = await Promise.all([
    open("error"),
    wantsStdin ? open("stdin") : undefined,
    open("stdout"),
    tty ? undefined : open("stderr"),
    tty ? open("resize") : undefined,
  ]);
  // These go one way only; their other direction is ended, so that they are closed when the server's is.
  for (const stream of [error, stdout, stderr]) stream?.end();
  stdin?.resume();
  resize?.resume();
  // Ends with the connection, too: then it has said nothing.
  const exit = text(error)
    .catch(() => "")
    .then((status) => ({ code: exitCodeOf(status) }));
  // Whoever is not interested in how it ended must not be killed by a connection that broke.
  exit.catch(() => {});
  return {
    pid: 0,
    stdin: stdin ? writeOnly(stdin) : discard(),
    stdout,
    ...(stderr ? { stderr } : {}),
    resize: (Width, Height) => void resize?.write(JSON.stringify({ Width, Height })),
    kill: () => upgraded.close(),
    exit,
  };
}

interface Status {
  status?: string;
  message?: string;
  reason?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** SIGKILL, as a shell shows it: what is said of a process whose end nobody has seen. */
const unseen = 137;

/** Reads what came on the error stream. Throws CONTAINERD_STREAM when the command was not run. */
export function exitCodeOf(text: string): number {
  if (text === "") return unseen;
  const { status, reason, message = text, details } = parse(text);
  if (status === "Success") return 0;
  const code = details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
  if (reason === "NonZeroExitCode" && code !== undefined) return Number(code);
  throw containerdError("CONTAINERD_STREAM", message);
}

function parse(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    // Older servers write a sentence.
    return { message: text };
  }
}

/** The sending half alone. */
function writeOnly(stream: SpdyStream): Writable {
  return new Writable({
    write: (chunk, encoding, done) => {
      if (stream.destroyed) done(new Error("the command reads no more"));
      else stream.write(chunk, encoding, done);
    },
    final: (done) => {
      if (stream.destroyed) done();
      else stream.end(done);
    },
  });
}

function discard(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
