import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { createInterface } from "node:readline";

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  json: any;
}

export interface RawRequest {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** What goes over the wire, without a client library between: for tests of the protocol itself. */
export interface RawClient {
  call(method: string, path: string, options?: RawRequest): Promise<RawAnswer>;
  /** The lines of an answer that does not end by itself. */
  lines(path: string, options?: RawRequest): AsyncIterable<string>;
  close(): void;
}

export function rawClient(url: string, tls: { ca: string; cert?: string; key?: string }): RawClient {
  const agent = new Agent({ ...tls, keepAlive: true });
  const open = (method: string, path: string, { body, headers = {}, signal }: RawRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const bytes =
        body === undefined || Buffer.isBuffer(body) || typeof body === "string" ? body : JSON.stringify(body);
      const type = bytes === undefined || headers["content-type"] ? {} : { "content-type": "application/json" };
      // Node states no length for the body of a DELETE by itself.
      const length = bytes === undefined ? {} : { "content-length": String(Buffer.byteLength(bytes)) };
      const options = { agent, method, headers: { ...length, ...type, ...headers }, ...(signal ? { signal } : {}) };
      request(new URL(path, url), options, resolve).once("error", reject).end(bytes);
    });
  return {
    async call(method, path, options = {}) {
      const response = await open(method, path, options);
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      return { status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) };
    },
    async *lines(path, options = {}) {
      const response = await open("GET", path, options);
      yield* createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
    },
    close: () => agent.destroy(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Logs, metrics and health are plain text.
    return undefined;
  }
}
