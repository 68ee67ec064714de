import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** A request that wants to leave HTTP for another protocol on the same connection. */
export interface Upgrade {
  /** Bytes that came right behind the request. */
  head: Buffer;
  /** Takes the connection away from HTTP. Only the answer to a successful upgrade may be written by hand. */
  detach(): Duplex;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return upgrades.get(request);
}

/**
 * Node takes upgrade requests out of the normal way. This puts them back: they get a ServerResponse and go through the
 * same pipeline as every other request, so a refusal is a plain answer with a Status.
 */
export function routeUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  route: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  const response = new ServerResponse(request);
  // One answer, then the end: after a refused upgrade the client starts again on a new connection.
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
  response.once("finish", () => socket.end());
  socket.on("error", () => socket.destroy());
  upgrades.set(request, {
    head,
    detach() {
      response.detachSocket(socket as Parameters<ServerResponse["detachSocket"]>[0]);
      // Nobody writes to the response any more, so it has to be told when the exchange is over.
      response.statusCode = 101;
      socket.once("close", () => response.emit("close"));
      return socket;
    },
  });
  route(request, response);
}
