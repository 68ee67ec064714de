import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { containerdError } from "../../errors.ts";
import type { SpdyStream } from "../../spdy/spdy-connection.ts";
import { upgradeToSpdy } from "./upgrade.ts";

const protocols = ["portforward.k8s.io"];

/**
 * One connection to a port of a sandbox. What went wrong with it (nobody listens) destroys the stream with CONTAINERD_STREAM.
 * Source: k8s.io/kubernetes/pkg/kubelet/cri/streaming/portforward.
 */
export async function forwardPort(url: string, port: number): Promise<Duplex> {
  const upgraded = await upgradeToSpdy(url, protocols);
  const open = (streamtype: string) =>
    upgraded.connection.open(
      new Map([
        ["streamtype", streamtype],
        ["port", String(port)],
        ["requestid", "1"],
      ]),
    );
  const error = await open("error");
  error.end();
  const data = await open("data");
  const failed = text(error).catch(() => "");
  const stream = Duplex.from({ readable: received(data, failed), writable: data });
  stream.once("close", () => upgraded.close());
  return stream;
}

/** What came, and then what went wrong: the end of the data says nothing about it. */
async function* received(data: SpdyStream, failed: Promise<string>): AsyncGenerator<Buffer> {
  for await (const chunk of data) yield chunk as Buffer;
  const why = await failed;
  if (why !== "") throw containerdError("CONTAINERD_STREAM", why);
}
