import { connect } from "node:net";
import { SpdyConnection, type SpdyStream } from "@drydock/containerd";
import { type Logger, messageOf } from "@drydock/kit";
import type { Pod } from "@drydock/machinery";
import type { RawData, WebSocket } from "ws";
import { agentError } from "../../errors.ts";

/** SPDY inside of WebSocket messages, as kubectl 1.31 and newer tunnel it (client-go/tools/portforward). */
export const portForwardProtocol = "SPDY/3.1+portforward.k8s.io";

/** How long a pod may take to accept a connection, ms. */
const connectTimeoutMs = 10_000;

/** Where connections to a pod go. Throws AGENT_NOT_RUNNING. */
export function addressOf(pod: Pod): string {
  const { phase, podIP } = pod.status ?? {};
  if (phase === "Running" && podIP) return podIP;
  throw agentError(
    "AGENT_NOT_RUNNING",
    `pod "${pod.metadata.name}" is not running; its phase is ${phase ?? "Pending"}`,
  );
}

/**
 * Connections of one `kubectl port-forward`: for each the client opens an error stream and a data stream with the same
 * requestID. What goes wrong with a connection is said on its error stream; the session goes on. Ends with the socket.
 */
export async function servePortForward(host: string, socket: WebSocket, logger: Logger): Promise<void> {
  const errors = new Map<string, SpdyStream>();
  const connection = new SpdyConnection(
    {
      send: (bytes, sent) => socket.send(bytes, sent),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    },
    (stream) => {
      const id = stream.headers.get("requestid") ?? "";
      if (stream.headers.get("streamtype") === "error") errors.set(id, stream);
      else {
        forward(host, stream, errors.get(id));
        errors.delete(id);
      }
    },
  );
  await new Promise<void>((resolve) => {
    socket.on("message", (raw: RawData) => {
      connection.receive(raw as Buffer).catch((error) => {
        logger.debug({ error: messageOf(error) }, "a port-forward broke");
        socket.close(1002);
      });
    });
    socket.once("close", () => resolve());
  });
  connection.close();
}

function forward(host: string, data: SpdyStream, error: SpdyStream | undefined): void {
  const port = Number(data.headers.get("port"));
  const fail = (why: string): void => {
    error?.end(`error forwarding port ${data.headers.get("port")} to pod: ${why}`);
    if (!data.destroyed) data.end();
    data.resume();
  };
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    fail("it must be 1 to 65535");
    return;
  }
  const target = connect({ host, port, allowHalfOpen: true, timeout: connectTimeoutMs });
  target.once("timeout", () => target.destroy(new Error(`no answer from ${host}:${port}`)));
  target.once("connect", () => target.setTimeout(0));
  target.once("error", (problem) => fail(messageOf(problem)));
  target.once("close", () => {
    error?.end();
    data.end();
  });
  data.once("close", () => target.destroy());
  // The client's side of the error stream has ended long ago.
  error?.resume();
  data.pipe(target);
  target.pipe(data);
}
