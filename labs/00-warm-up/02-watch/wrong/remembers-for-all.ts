// fails at slow: is still connected
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
import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

interface Change {
  revision: number;
  key: string;
  value: string;
}

const mostHistory = Number(process.env.HISTORY ?? 100);

const items = new Map<string, string>();
const history: Change[] = [];
const listeners = new Set<(change: Change) => void>();
let revision = 0;

function put(key: string, value: string): number {
  revision += 1;
  const change = { revision, key, value };
  items.set(key, value);
  history.push(change);
  if (history.length > mostHistory) history.shift();
  for (const listener of listeners) listener(change);
  return revision;
}

/** Undefined when changes after this revision have been forgotten. */
function changesAfter(after: number): Change[] | undefined {
  if (after < revision - history.length) return undefined;
  return history.filter((change) => change.revision > after);
}

/** From here to listening there is no await: nothing happens in between. */
function watch(response: ServerResponse, missed: readonly Change[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  const send = (change: Change): void => {
    response.write(`id: ${change.revision}\ndata: ${JSON.stringify(change)}\n\n`);
  };
  for (const change of missed) send(change);
  listeners.add(send);
  response.on("close", () => listeners.delete(send));
}

function poll(response: ServerResponse, ms: number, answer: (events: Change[]) => void): void {
  const finish = (events: Change[]): void => {
    clearTimeout(timer);
    listeners.delete(onChange);
    if (!response.destroyed) answer(events);
  };
  const onChange = (change: Change): void => finish([change]);
  const timer = setTimeout(() => finish([]), ms);
  listeners.add(onChange);
  response.on("close", () => {
    clearTimeout(timer);
    listeners.delete(onChange);
  });
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.method === "PUT") {
    const value = await text(request);
    answer(200, { revision: put(url.pathname.slice("/keys/".length), value) });
    return;
  }
  if (url.pathname === "/keys") {
    answer(200, { revision, items: Object.fromEntries(items) });
    return;
  }
  const missed = changesAfter(Number(url.searchParams.get("after") ?? revision));
  if (!missed) answer(410, { error: "these changes are forgotten: list again", oldest: revision - history.length });
  else if (url.pathname === "/watch") watch(response, missed);
  else if (missed.length > 0) answer(200, { revision, events: missed });
  else poll(response, Number(url.searchParams.get("ms") ?? 30_000), (events) => answer(200, { revision, events }));
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
