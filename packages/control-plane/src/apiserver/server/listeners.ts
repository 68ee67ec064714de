import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { routeUpgrade } from "../http/upgrade.ts";

export interface ListenAddress {
  host: string;
  /** 0 takes a free one; later addresses with 0 take that of the first. */
  port: number;
}

export interface ListenerTls {
  /** Authority of the client certificates; they are asked for, and judged by the authenticate stage. */
  ca: string;
  cert: string;
  key: string;
}

/** Longer than the 90 s after which Go clients drop an idle connection: they, not we, should be the ones to do it. */
const keepAliveTimeoutMs = 120_000;
/** URL and headers together; long selectors are in URLs. */
const headerLimitBytes = 64 * 1024;

/** Listens on several addresses with one handler. */
export class Listeners {
  readonly #servers: Server[] = [];

  async open(
    addresses: readonly ListenAddress[],
    tls: ListenerTls,
    route: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<void> {
    for (const { host, port } of addresses) {
      const options = {
        ...tls,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: "TLSv1.2",
        maxHeaderSize: headerLimitBytes,
      } as const;
      const server = createServer(options, route);
      server.keepAliveTimeout = keepAliveTimeoutMs;
      server.on("upgrade", (request, socket, head) => routeUpgrade(request, socket, head, route));
      // A client that breaks off a handshake, or speaks no TLS.
      server.on("tlsClientError", (_error, socket) => socket.destroy());
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host, port: port === 0 && this.#servers.length > 0 ? this.port : port }, () => {
          server.off("error", reject);
          resolve();
        });
      });
      this.#servers.push(server);
    }
  }

  /** Shows another certificate from the next handshake on; connections that are open stay. */
  setCertificate(tls: ListenerTls): void {
    for (const server of this.#servers) server.setSecureContext({ ...tls, minVersion: "TLSv1.2" });
  }

  /** The port of the first address. */
  get port(): number {
    const address = this.#servers[0]?.address() as AddressInfo | null | undefined;
    return address?.port ?? 0;
  }

  /** Takes no more connections, lets answers that are being written end within `graceMs`, then closes the rest. */
  async close(graceMs: number): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    // A connection whose answer has just ended becomes idle now, and its client would keep it.
    const closeIdle = () => {
      for (const server of this.#servers) server.closeIdleConnections();
    };
    closeIdle();
    const idle = setInterval(closeIdle, 10);
    const late = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
    }, graceMs);
    await Promise.all(closed);
    clearInterval(idle);
    clearTimeout(late);
  }
}
