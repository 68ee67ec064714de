// fails at graceful: the request in hand
/**
 * node server.ts      listens on 127.0.0.1:$PORT, prints "listening" when it does
 *
 * GET /items/ID       reads $DATA/ID.json; 404 {"error": …} when there is none, 500 {"error": "internal error"} when it is broken
 * GET /slow?ms=N      works for N ms, unless the client goes away: then "cancelled" is logged
 * GET /ready          200, or 503 while the server is stopping
 *
 * Log, one JSON object a line on standard error: {"time", "message": "request", "id", "method", "path", "status", "ms"}, and for a failure
 * {"message": "request failed", "id", "error", "cause"}.
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const data = process.env.DATA ?? ".";
let stopping = false;

function log(message: string, fields: Record<string, unknown>): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...fields })}\n`);
}

class NotFound extends Error {}

/** Throws NotFound; any other failure says which item, and keeps its cause. */
async function item(id: string): Promise<unknown> {
  // Nobody reads files beside the data by ../ in a path.
  if (!/^[\w-]+$/.test(id)) throw new NotFound(`no item ${id}`);
  try {
    return JSON.parse(await readFile(`${data}/${id}.json`, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw new NotFound(`no item ${id}`, { cause });
    throw new Error(`cannot read item ${id}`, { cause });
  }
}

async function answer(
  path: string,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<[status: number, body: unknown]> {
  if (path.startsWith("/items/")) return [200, await item(path.slice("/items/".length))];
  if (path === "/ready") return stopping ? [503, { error: "stopping" }] : [200, { ready: true }];
  if (path === "/slow") {
    await delay(Number(query.get("ms")), undefined, { signal });
    return [200, { done: true }];
  }
  throw new NotFound(`nothing at ${path}`);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = randomUUID();
  const started = performance.now();
  const url = new URL(request.url ?? "/", "http://localhost");
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  let status = 500;
  let body: unknown = { error: "internal error" };
  try {
    [status, body] = await answer(url.pathname, url.searchParams, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) {
      log("cancelled", { id, path: url.pathname });
      return;
    }
    if (error instanceof NotFound) [status, body] = [404, { error: error.message }];
    else
      log("request failed", {
        id,
        error: (error as Error).message,
        cause: ((error as Error).cause as Error | undefined)?.message,
      });
  }
  response.writeHead(status, { "content-type": "application/json", ...(stopping ? { connection: "close" } : {}) });
  response.end(`${JSON.stringify(body)}\n`);
  log("request", {
    id,
    method: request.method,
    path: url.pathname,
    status,
    ms: Math.round(performance.now() - started),
  });
}

const server = createServer((request, response) => void handle(request, response));
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    stopping = true;
    process.exit(0);
  });
}
