import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { messageOf } from "@drydock/kit";
import { containerdError } from "../../errors.ts";
import { SpdyConnection } from "../../spdy/spdy-connection.ts";

/** A SPDY connection and the socket that carries it. */
export interface Upgraded {
  connection: SpdyConnection;
  /** Of those that were offered, what the server chose to speak inside of the streams. */
  protocol: string;
  /** Hangs up; what has not been read is lost. */
  close(): void;
}

/** A server that does not take up a stream for so long is not going to, ms. */
const upgradeTimeoutMs = 30_000;
/** Of a refusal that is shown, bytes. */
const refusalBytes = 4_096;

/**
 * Takes up the streams behind a URL that a CRI runtime has given: an HTTP request that becomes SPDY/3.1. The URL can be used once.
 * Rejects with CONTAINERD_STREAM. Source: k8s.io/streaming and client-go/transport/spdy.
 */
export async function upgradeToSpdy(url: string, protocols: readonly string[]): Promise<Upgraded> {
  const { socket, head, protocol } = await upgrade(url, protocols);
  const connection = new SpdyConnection({
    send: (bytes, sent) => socket.write(bytes, sent),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  const receive = (bytes: Buffer): void => {
    // What is no SPDY cannot be read on.
    connection.receive(bytes).catch((error: unknown) => socket.destroy(error as Error));
  };
  // The end is told by "close"; an error there is one of the connection, whose streams then end.
  socket.on("error", () => {});
  socket.on("data", receive);
  // Bytes that were no SPDY have closed it.
  socket.once("close", () => void connection.end().catch(() => connection.close()));
  if (head.length > 0) receive(head);
  return {
    connection,
    protocol,
    close() {
      socket.destroy();
      connection.close();
    },
  };
}

interface Answer {
  socket: Socket;
  head: Buffer;
  protocol: string;
}

function upgrade(url: string, protocols: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: "POST",
      agent: false,
      timeout: upgradeTimeoutMs,
      headers: { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": [...protocols] },
    });
    const fail = (why: string, cause?: unknown): void =>
      reject(containerdError("CONTAINERD_STREAM", `${new URL(url).host}: ${why}`, { cause }));
    asked.once("timeout", () => asked.destroy(new Error(`no answer within ${upgradeTimeoutMs} ms`)));
    asked.once("error", (error) => fail(messageOf(error), error));
    asked.once("response", (response) => {
      void refusal(response).then((text) => fail(`${response.statusCode} ${text}`));
    });
    asked.once("upgrade", (response, socket, head) => {
      socket.setTimeout(0);
      const chosen = response.headers["x-stream-protocol-version"];
      resolve({ socket: socket as Socket, head, protocol: Array.isArray(chosen) ? (chosen[0] ?? "") : (chosen ?? "") });
    });
    asked.end();
  });
}

async function refusal(response: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const chunk of response) {
      text += chunk;
      if (text.length > refusalBytes) break;
    }
  } catch {
    // The status code alone says enough.
  }
  return text.trim().slice(0, refusalBytes);
}
