import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import * as http from "node:http";
import * as https from "node:https";
import { getCACertificates } from "node:tls";
import { isLoopback } from "./endpoint.ts";

export interface HttpRequest {
  url: URL;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** Must be read or destroyed, otherwise the connection stays taken. */
  body: IncomingMessage;
}

export interface HttpClientOptions {
  /** PEM certificates that are trusted beside those of Node. */
  ca?: string | undefined;
  /** A connection on which nothing moves for this long is given up, ms. */
  idleTimeoutMs?: number;
}

/**
 * GET requests, one by one: no redirects, no credentials, no retries; those are decisions of the registry client. Keeps
 * connections open until `close`. Proxies are taken from the usual environment variables, except for addresses of this
 * machine.
 */
export class HttpClient {
  readonly #idleTimeoutMs: number;
  readonly #agents: { plain: http.Agent; tls: https.Agent; direct: { plain: http.Agent; tls: https.Agent } };

  constructor({ ca, idleTimeoutMs = 30_000 }: HttpClientOptions = {}) {
    this.#idleTimeoutMs = idleTimeoutMs;
    const tls = ca === undefined ? {} : { ca: [...getCACertificates("default"), ca] };
    const proxied = { keepAlive: true, proxyEnv: process.env };
    this.#agents = {
      plain: new http.Agent(proxied),
      tls: new https.Agent({ ...proxied, ...tls }),
      direct: { plain: new http.Agent({ keepAlive: true }), tls: new https.Agent({ keepAlive: true, ...tls }) },
    };
  }

  get({ url, headers = {}, signal }: HttpRequest): Promise<HttpResponse> {
    signal?.throwIfAborted();
    const agents = isLoopback(url.host) ? this.#agents.direct : this.#agents;
    const secure = url.protocol === "https:";
    const options = {
      method: "GET",
      headers: { "user-agent": "drydock", ...headers },
      agent: secure ? agents.tls : agents.plain,
      timeout: this.#idleTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    };
    return new Promise((resolve, reject) => {
      let answer: IncomingMessage | undefined;
      const request: ClientRequest = (secure ? https : http).request(url, options, (body) => {
        answer = body;
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body });
      });
      request.on("timeout", () => {
        const text = `nothing received from ${url.host} for ${this.#idleTimeoutMs} ms`;
        const error = Object.assign(new Error(text), { code: "ETIMEDOUT" });
        // Whoever reads the body should see this error, not the "aborted" that follows from it.
        answer?.destroy(error);
        request.destroy(error);
      });
      request.on("error", (error) => reject(signal?.aborted ? signal.reason : error));
      request.end();
    });
  }

  close(): void {
    const { plain, tls, direct } = this.#agents;
    for (const agent of [plain, tls, direct.plain, direct.tls]) agent.destroy();
  }
}

/** The body as text, refused with a RangeError when it is longer than `limit` bytes. */
export async function readBody(body: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new RangeError(`answer is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
