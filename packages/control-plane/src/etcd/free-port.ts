import { createServer } from "node:net";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";

/** A TCP port of 127.0.0.1 that nobody listens on now. Somebody may take it before it is used: be ready to ask again. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/**
 * Throws ETCD_PORT_TAKEN when somebody listens there. etcd would say so too, but until it does, an etcd of the same
 * authority on that port answers in its place.
 */
export async function requireFreePort(port: number): Promise<number> {
  try {
    return await listenOnce(port);
  } catch (error) {
    if (errnoOf(error) === "EADDRINUSE") throw portTaken(port, error);
    throw error;
  }
}

export function portTaken(port: number, cause?: unknown, details: Record<string, unknown> = {}): Error {
  return failure("ETCD_PORT_TAKEN", `etcd cannot listen on port ${port}: it is in use`, {
    cause,
    details: { ...details, port },
    hint: "stop what listens there, or choose another port",
  });
}

function listenOnce(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
}
