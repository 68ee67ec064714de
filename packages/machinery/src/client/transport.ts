import { type DrydockError, messageOf } from "@drydock/kit";
import { type Dispatcher, Pool } from "undici";
import { failure } from "../errors.ts";
import type { ClientConfig, ClientCredentials } from "./client.ts";
import { errorFromStatus, parseStatus } from "./status.ts";

export interface Request {
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
  /** No answer for so long is an error, ms. 0: wait for ever. */
  headersTimeoutMs: number;
  /** Silence within the body for so long is an error, ms. 0: wait for ever. */
  idleTimeoutMs: number;
}

export interface Response {
  status: number;
  headers: Record<string, string>;
  body: Dispatcher.ResponseData["body"];
}

export interface Transport {
  /** Sends a request; an answer of 400 or more is thrown as the error that it states. */
  send(request: Request): Promise<Response>;
  /** The error for what broke while a body was read. */
  broken(cause: unknown, request: Request): DrydockError;
  close(): Promise<void>;
}

/**
 * HTTP/1.1 over kept connections. One connection carries one request at a time: a watch holds its own, so a slow watcher
 * never stands in the way of others, and a broken connection breaks one thing only.
 */
export function createTransport(config: ClientConfig, credentials?: () => ClientCredentials): Transport {
  let shown = credentials?.();
  let pool = openPool({ ...config, ...shown });
  const retiring = new Set<Pool>();

  /** The pool for the next request: another one when our certificate is another. */
  const currentPool = (): Pool => {
    const next = credentials?.();
    if (next === shown) return pool;
    const before = pool;
    shown = next;
    pool = openPool({ ...config, ...next });
    retiring.add(before);
    // Resolves when the last request on it has ended; rejects when it is destroyed first.
    before.close().then(
      () => retiring.delete(before),
      () => retiring.delete(before),
    );
    return pool;
  };

  const broken = (cause: unknown, { method, path }: Request): DrydockError =>
    failure("API_UNAVAILABLE", `${method} ${config.server}${path.split("?")[0]}: ${messageOf(cause)}`, {
      hint: "is the API server running, and is this its address?",
      details: { server: config.server, reason: codeOf(cause) },
      cause,
    });

  return {
    async send(request) {
      request.signal?.throwIfAborted();
      let answer: Dispatcher.ResponseData;
      try {
        answer = await currentPool().request({
          method: request.method as Dispatcher.HttpMethod,
          path: request.path,
          headers: request.headers,
          body: request.body ?? null,
          signal: request.signal ?? null,
          headersTimeout: request.headersTimeoutMs,
          bodyTimeout: request.idleTimeoutMs,
        });
      } catch (cause) {
        throw request.signal?.aborted ? request.signal.reason : broken(cause, request);
      }
      if (answer.statusCode >= 400) throw await refusal(answer, request, broken);
      return { status: answer.statusCode, headers: flat(answer.headers), body: answer.body };
    },
    broken,
    async close() {
      await Promise.all([pool, ...retiring].map((one) => one.destroy()));
    },
  };
}

async function refusal(
  answer: Dispatcher.ResponseData,
  request: Request,
  broken: Transport["broken"],
): Promise<DrydockError> {
  let text: string;
  try {
    text = await answer.body.text();
  } catch (cause) {
    return broken(cause, request);
  }
  const status = parseStatus(text, answer.statusCode);
  const retryAfter = Number(answer.headers["retry-after"]);
  if (retryAfter > 0) status.details = { retryAfterSeconds: retryAfter, ...status.details };
  return errorFromStatus(status, answer.statusCode, `${request.method} ${request.path.split("?")[0]}`);
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return result;
}

function codeOf(cause: unknown): unknown {
  return typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
}

function openPool(config: ClientConfig): Pool {
  return new Pool(config.server, {
    allowH2: false,
    pipelining: 1,
    connect: {
      timeout: 10_000,
      keepAlive: true,
      keepAliveInitialDelay: 15_000,
      ...(config.ca === "" ? {} : { ca: config.ca }),
      ...(config.cert === undefined ? {} : { cert: config.cert }),
      ...(config.key === undefined ? {} : { key: config.key }),
    },
  });
}
