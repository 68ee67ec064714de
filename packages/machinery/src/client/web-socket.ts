import { messageOf } from "@drydock/kit";
import type { WebSocket } from "ws";
import { failure } from "../errors.ts";
import type { ClientConfig } from "./client.ts";
import { errorFromStatus, parseStatus } from "./status.ts";

/** Opens a WebSocket to the API server; a refused upgrade rejects with the error that the server's Status states. */
export async function connectWebSocket(
  config: ClientConfig,
  path: string,
  protocols: string[],
  headers: Record<string, string>,
): Promise<WebSocket> {
  const { WebSocket } = await import("ws");
  const url = `${config.server.replace(/^http/, "ws")}${path}`;
  const socket = new WebSocket(url, protocols, {
    headers,
    handshakeTimeout: 30_000,
    // Terminal output compresses well but then waits for the compressor; latency matters more here.
    perMessageDeflate: false,
    ...(config.ca === "" ? {} : { ca: config.ca }),
    ...(config.cert === undefined ? {} : { cert: config.cert }),
    ...(config.key === undefined ? {} : { key: config.key }),
  });
  const request = `CONNECT ${path.split("?")[0]}`;
  return new Promise((resolve, reject) => {
    socket.once("open", () => {
      holdUntilHeard(socket);
      resolve(socket);
    });
    socket.once("error", (cause) => {
      reject(failure("API_UNAVAILABLE", `${request} at ${config.server}: ${messageOf(cause)}`, { cause }));
    });
    socket.once("unexpected-response", (_request, response) => {
      const status = response.statusCode ?? 0;
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        if (body.length < 100_000) body += text;
      });
      response.on("close", () => {
        reject(errorFromStatus(parseStatus(body, status), status, request));
        socket.terminate();
      });
    });
  });
}

/**
 * Frames may come in one packet with the answer to the upgrade. ws would hand them out before who awaits the socket has had a chance to
 * listen, so it is held until then.
 */
function holdUntilHeard(socket: WebSocket): void {
  socket.pause();
  const onListener = (event: string | symbol): void => {
    if (event !== "message") return;
    socket.off("newListener", onListener);
    process.nextTick(() => socket.resume());
  };
  socket.on("newListener", onListener);
}
