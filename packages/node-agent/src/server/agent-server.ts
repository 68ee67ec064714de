import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type Logger, messageOf } from "@drydock/kit";
import { type WebSocket, WebSocketServer } from "ws";
import { agentError } from "../errors.ts";
import { serveAttach } from "./attach.ts";
import { authorize } from "./authorize.ts";
import { channelProtocols } from "./channels.ts";
import { containerLogs } from "./container-logs.ts";
import { execOptionsOf, serveExec } from "./exec.ts";
import { type ContainerPath, findRunning, type PodLookup } from "./find-container.ts";
import { metricsText } from "./metrics.ts";
import { addressOf, portForwardProtocol, servePortForward } from "./port-forward/serve-port-forward.ts";
import { errorStatus } from "./respond-error.ts";

export interface ServingCertificate {
  /** PEM texts. */
  cert: string;
  key: string;
  /** The authority of the clients that may connect. */
  clientCa: string;
}

export interface AgentServerOptions {
  address: string;
  /** 0 for any free one. */
  port: number;
  serving: ServingCertificate;
  lookup: PodLookup;
  logger: Logger;
  /** Called when the server stops by itself. */
  failed: (error: Error) => void;
}

/**
 * What the API server asks an agent for: HTTPS with client certificates, nothing without one.
 *
 *     GET /containerLogs/<namespace>/<pod>/<container>     options of PodLogOptions
 *     GET /exec/<namespace>/<pod>/<container>              WebSocket, v5.channel.k8s.io
 *     GET /attach/<namespace>/<pod>/<container>            WebSocket, v5.channel.k8s.io
 *     GET /portForward/<namespace>/<pod>                   WebSocket, SPDY/3.1+portforward.k8s.io
 *     GET /pods, /metrics, /healthz
 */
export class AgentServer {
  readonly #options: AgentServerOptions;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    // No compression: the streams are local and mostly small.
    perMessageDeflate: false,
    handleProtocols: (offered) => channelProtocols.find((name) => offered.has(name)) ?? false,
  });

  constructor(options: AgentServerOptions) {
    this.#options = options;
    const { cert, key, clientCa } = options.serving;
    this.#server = createServer({
      cert,
      key,
      ca: clientCa,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
    });
    this.#server.on("request", (request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** Shows another certificate from the next handshake on; what is under way goes on. */
  show({ cert, key }: Pick<ServingCertificate, "cert" | "key">): void {
    this.#server.setSecureContext({ cert, key, ca: this.#options.serving.clientCa, minVersion: "TLSv1.2" });
  }

  /** Resolves with the port. */
  async listen(): Promise<number> {
    this.#server.listen(this.#options.port, this.#options.address);
    await once(this.#server, "listening");
    this.#server.on("error", this.#options.failed);
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    for (const client of this.#sockets.clients) client.terminate();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      authorize(request);
      await this.#route(request, response);
    } catch (error) {
      const status = errorStatus(error);
      if (status.code >= 500)
        this.#options.logger.error({ path: pathOf(request), error: messageOf(error) }, "request failed");
      // An answer that has begun cannot become an error: cutting it off tells the client that it is not whole.
      if (response.headersSent) return void response.destroy();
      response.writeHead(status.code, { "content-type": "application/json" });
      response.end(JSON.stringify(status));
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { lookup } = this.#options;
    const { verb, path, query } = parseUrl(request);
    if (request.method !== "GET") throw agentError("AGENT_BAD_REQUEST", `method ${request.method} is not served`);
    if (verb === "containerLogs" && path) return containerLogs(lookup, path, query, response);
    if (verb === "healthz") return void response.end("ok");
    if (verb === "metrics") {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      return void response.end(await metricsText(lookup.runtime));
    }
    if (verb === "pods") {
      response.setHeader("content-type", "application/json");
      return void response.end(
        JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: {}, items: lookup.pods() }),
      );
    }
    throw agentError("AGENT_POD_NOT_FOUND", `nothing is served at ${pathOf(request)}`);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // The client may be gone before it gets an answer.
    socket.on("error", () => {});
    try {
      authorize(request);
      const serve = await this.#session(request);
      // The library takes no name with a slash, which is no token of HTTP; Kubernetes has one all the same.
      if (request.headers["sec-websocket-protocol"] === portForwardProtocol) {
        delete request.headers["sec-websocket-protocol"];
        this.#sockets.once("headers", (lines) => lines.push(`Sec-WebSocket-Protocol: ${portForwardProtocol}`));
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        ws.on("error", () => ws.terminate());
        serve(ws).catch((error: unknown) => {
          this.#options.logger.error({ path: pathOf(request), error: messageOf(error) }, "session failed");
          ws.close(1011);
        });
      });
    } catch (error) {
      const status = errorStatus(error);
      const body = JSON.stringify(status);
      socket.end(
        `HTTP/1.1 ${status.code} ${status.reason}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    }
  }

  /** Checks everything that can be refused before the upgrade. */
  async #session(request: IncomingMessage): Promise<(socket: WebSocket) => Promise<void>> {
    const { lookup } = this.#options;
    const { verb, path, query } = parseUrl(request);
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    const spoken = verb === "portForward" ? [portForwardProtocol] : channelProtocols;
    if (!offered.some((name) => spoken.includes(name))) {
      throw agentError("AGENT_BAD_REQUEST", `none of the protocols ${offered.join(", ") || "(none)"} is spoken here`, {
        hint: `offer ${spoken.join(" or ")}`,
      });
    }
    if (verb === "portForward") {
      const [namespace = "", name = ""] = pathOf(request).split("/").slice(2).map(decodePart);
      const pod = lookup.pod(namespace, name);
      if (!pod) throw agentError("AGENT_POD_NOT_FOUND", `pod "${name}" not found on this node`);
      const host = addressOf(pod);
      return (socket) => servePortForward(host, socket, this.#options.logger);
    }
    if (!path || (verb !== "exec" && verb !== "attach")) {
      throw agentError("AGENT_POD_NOT_FOUND", `nothing is served at ${pathOf(request)}`);
    }
    const run = await findRunning(lookup, path);
    if (verb === "attach") return (socket) => serveAttach(lookup.runtime, run, query, socket);
    const options = execOptionsOf(query);
    if (options.command.length === 0) throw agentError("AGENT_BAD_REQUEST", "no command was given");
    return (socket) => serveExec(lookup.runtime, run.id, options, socket);
  }
}

interface ParsedUrl {
  verb: string;
  path: ContainerPath | undefined;
  query: URLSearchParams;
}

/** Without the query: that of exec has the command, which may hold what must not get into a log. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] as string;
}

function parseUrl(request: IncomingMessage): ParsedUrl {
  const url = new URL(request.url ?? "/", "https://agent");
  const [verb = "", namespace, pod, container] = url.pathname.split("/").slice(1).map(decodePart);
  const path = namespace && pod && container ? { namespace, pod, container } : undefined;
  return { verb, path, query: url.searchParams };
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw agentError("AGENT_BAD_REQUEST", `"${text}" in the path cannot be decoded`);
  }
}
