import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AsyncQueue } from "@drydock/kit";

/** One request of the program behind a gateway. */
export interface GatewayRequest {
  method: string;
  /** Without its query. */
  path: string;
  query: URLSearchParams;
  /** ms since the epoch. */
  at: number;
  /** Of the answer; 0 while there is none. */
  status: number;
  /** What was sent, when it is JSON. */
  body: unknown;
  /** A watch: not over until one side ends it. */
  open: boolean;
}

/**
 * A learner's way to the API server: plain HTTP on loopback, as user `learner`. A check sees what passes, and can make trouble on the way.
 */
export interface Gateway {
  readonly url: string;
  /** For the learner's program: KUBECONFIG, a file that leads here, and API, the address. */
  readonly env: Readonly<Record<"KUBECONFIG" | "API", string>>;
  readonly requests: readonly GatewayRequest[];
  /** Breaks every connection, as a router that restarts; new ones are taken. */
  cut(): void;
  /** Nothing passes any more, and nobody is told: connections stay open and silent, as when a cable is pulled. */
  block(): void;
  /** What was held back goes on, in order. */
  unblock(): void;
  /** How long each piece of an answer is kept back, ms: a watch that lags behind what has happened, in order all the same. */
  lag: ((request: GatewayRequest) => number) | undefined;
  /** Asked for each request before it is passed on; it waits for what comes back, and then arrives even when its sender has given up: it was on its way. */
  before: ((request: GatewayRequest) => Promise<void> | void) | undefined;
  close(): Promise<void>;
}

export interface GatewayOptions {
  server: string;
  ca: string;
  cert: string;
  key: string;
  /** Where its kubeconfig is written. */
  file: string;
}

export async function startGateway({ server, ca, cert, key, file }: GatewayOptions): Promise<Gateway> {
  const agent = new Agent({ ca, cert, key, keepAlive: true });
  const requests: GatewayRequest[] = [];
  const sockets = new Set<Socket>();
  let blocked: PromiseWithResolvers<void> | undefined;
  let gateway: Gateway | undefined;

  const pass = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(incoming.url ?? "/", server);
    const body = await bytesOf(incoming);
    const seen: GatewayRequest = {
      method: incoming.method ?? "GET",
      path: pathname,
      query: searchParams,
      at: Date.now(),
      status: 0,
      body: parsed(body),
      open: true,
    };
    requests.push(seen);
    if (blocked) {
      await blocked.promise;
      // It never left its sender, and that one has given up.
      if (answer.destroyed) {
        seen.open = false;
        return;
      }
    }
    await gateway?.before?.(seen);
    const { host: _, connection: __, ...headers } = incoming.headers;
    const sent = request(
      `${server}${incoming.url}`,
      { agent, method: seen.method, headers: { ...headers, "content-length": body.length } },
      (response) => {
        seen.status = response.statusCode ?? 0;
        if (answer.destroyed) {
          response.resume();
          return;
        }
        answer.writeHead(seen.status, response.headers);
        answer.flushHeaders();
        void relay(seen, response, answer);
      },
    );
    sent.on("error", () => answer.destroy());
    answer.on("close", () => {
      seen.open = false;
      sent.destroy();
    });
    sent.end(body);
  };

  const relay = async (seen: GatewayRequest, response: IncomingMessage, answer: ServerResponse): Promise<void> => {
    try {
      for await (const { chunk, at } of arrivals(response)) {
        const wait = at + (gateway?.lag?.(seen) ?? 0) - Date.now();
        if (wait > 0) await sleep(wait);
        await blocked?.promise;
        answer.write(chunk);
      }
      await blocked?.promise;
      answer.end();
    } catch {
      // The API server has gone in the middle: so does the answer.
      answer.destroy();
    }
  };

  const listener = createServer((incoming, answer) => {
    pass(incoming, answer).catch(() => answer.destroy());
  });
  listener.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", resolve);
  });
  const address = listener.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  await writeFile(
    file,
    // JSON is YAML.
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "lab", cluster: { server: url } }],
      contexts: [{ name: "lab", context: { cluster: "lab", user: "learner" } }],
      users: [{ name: "learner", user: {} }],
      "current-context": "lab",
    }),
  );

  gateway = {
    url,
    env: { KUBECONFIG: file, API: url },
    requests,
    lag: undefined,
    before: undefined,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    block() {
      blocked ??= Promise.withResolvers<void>();
    },
    unblock() {
      blocked?.resolve();
      blocked = undefined;
    },
    async close() {
      blocked?.resolve();
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return gateway;
}

/** Pieces with the time at which they came, although they may be read later. */
async function* arrivals(response: IncomingMessage): AsyncGenerator<{ chunk: Buffer; at: number }> {
  const queue = new AsyncQueue<{ chunk: Buffer; at: number }>();
  response.on("data", (chunk: Buffer) => queue.push({ chunk, at: Date.now() }));
  response.on("end", () => queue.close());
  response.on("error", (error) => queue.fail(error));
  yield* queue;
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    // YAML of an apply, or protobuf: nobody has asked for it yet.
    return undefined;
  }
}
