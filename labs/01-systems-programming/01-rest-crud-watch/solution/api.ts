/**
 * node api.ts       listens on 127.0.0.1:$PORT, prints "listening"; keeps the last 1000 changes
 *
 * GET    /things                          {"kind": "List", "metadata": {"resourceVersion": "N"}, "items": […]}, by name
 * GET    /things?watch=1&resourceVersion=N&labelSelector=K%3DV
 *                                         one JSON text a line, without end: {"type": "ADDED|MODIFIED|DELETED", "object": {…}}
 * POST   /things                          creates: 201 and the object
 * GET    /things/NAME                     the object
 * PUT    /things/NAME                     replaces labels, spec and status
 * DELETE /things/NAME                     the object as it was
 *
 * An object: {"metadata": {"name", "uid", "resourceVersion", "generation", "labels"}, "spec": {…}, "status": {…}}.
 * A failure: {"kind": "Status", "code": 404, "reason": "NotFound", "message": "thing \"x\" not found"}; reasons are NotFound 404, AlreadyExists 409,
 * Conflict 409, Invalid 422, Expired 410.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

interface Thing {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    labels?: Record<string, string>;
  };
  spec?: unknown;
  status?: unknown;
}

/** What one write did: the object before and after it; one of them is missing when it was created or deleted. */
interface Change {
  version: number;
  before?: Thing;
  after?: Thing;
}

const MOST_HISTORY = 1000;

class Failure extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

const things = new Map<string, Thing>();
const history: Change[] = [];
const watchers = new Set<(change: Change) => void>();
let version = 0;

/** The one place where something changes: the map, the history and the watchers always agree. */
function commit(name: string, before: Thing | undefined, after: Thing | undefined): Thing {
  version += 1;
  const written = { ...((after ?? before) as Thing) };
  written.metadata = { ...written.metadata, resourceVersion: String(version) };
  if (after) things.set(name, written);
  else things.delete(name);
  // A deleted object carries the number of its deletion: a client goes on from there.
  const change: Change = {
    version,
    ...(before ? { before: after ? before : written } : {}),
    ...(after ? { after: written } : {}),
  };
  history.push(change);
  if (history.length > MOST_HISTORY) history.shift();
  for (const watcher of watchers) watcher(change);
  return written;
}

function find(name: string): Thing {
  const thing = things.get(name);
  if (!thing) throw new Failure(404, "NotFound", `thing "${name}" not found`);
  return thing;
}

function create(given: Partial<Thing>): Thing {
  const name = given.metadata?.name;
  if (typeof name !== "string" || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name))
    throw new Failure(
      422,
      "Invalid",
      `metadata.name ${JSON.stringify(name)} is not of small letters, digits and dashes`,
    );
  if (things.has(name)) throw new Failure(409, "AlreadyExists", `thing "${name}" already exists`);
  const { labels } = given.metadata ?? {};
  const metadata = { name, uid: randomUUID(), resourceVersion: "", generation: 1, ...(labels ? { labels } : {}) };
  return commit(name, undefined, { metadata, spec: given.spec, status: given.status });
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** From reading to writing there is no await: nobody comes in between. */
function replace(name: string, given: Partial<Thing>): Thing {
  const before = find(name);
  const expected = given.metadata?.resourceVersion;
  if (expected !== undefined && expected !== before.metadata.resourceVersion)
    throw new Failure(
      409,
      "Conflict",
      `thing "${name}" is at version ${before.metadata.resourceVersion}, not ${expected}`,
    );
  const { spec, status } = given;
  const labels = given.metadata?.labels;
  // Nothing new: no new version, and nobody is woken.
  if (same([labels, spec, status], [before.metadata.labels, before.spec, before.status])) return before;
  const { labels: _, ...owned } = before.metadata;
  const generation = owned.generation + (same(spec, before.spec) ? 0 : 1);
  return commit(name, before, { metadata: { ...owned, generation, ...(labels ? { labels } : {}) }, spec, status });
}

/** What a watcher of this selection sees of a change. */
function eventFor(change: Change, selects: (thing: Thing) => boolean): { type: string; object: Thing } | undefined {
  const { before, after } = change;
  const wasIn = before !== undefined && selects(before);
  const isIn = after !== undefined && selects(after);
  const object = (after ?? before) as Thing;
  if (isIn) return { type: wasIn ? "MODIFIED" : "ADDED", object };
  return wasIn ? { type: "DELETED", object } : undefined;
}

function selector(text: string | null): (thing: Thing) => boolean {
  if (!text) return () => true;
  const [key = "", value] = text.split("=");
  return ({ metadata }) => metadata.labels?.[key] === value;
}

function watch(response: ServerResponse, after: number, selects: (thing: Thing) => boolean): void {
  if (after < version - history.length) throw new Failure(410, "Expired", `version ${after} is too old: list again`);
  response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
  const send = (change: Change): void => {
    const event = eventFor(change, selects);
    if (event) response.write(`${JSON.stringify(event)}\n`);
  };
  // No await from here to add: what is missed is written, then whatever comes.
  for (const change of history) if (change.version > after) send(change);
  watchers.add(send);
  response.on("close", () => watchers.delete(send));
}

async function body(request: IncomingMessage): Promise<Partial<Thing>> {
  try {
    return JSON.parse(await text(request)) as Partial<Thing>;
  } catch {
    throw new Failure(422, "Invalid", "the body is not JSON");
  }
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const answer = (code: number, value: unknown): void => {
    response.writeHead(code, { "content-type": "application/json" }).end(`${JSON.stringify(value)}\n`);
  };
  const [, collection, name] = pathname.split("/");
  if (collection !== "things") throw new Failure(404, "NotFound", `nothing at ${pathname}`);
  const selects = selector(searchParams.get("labelSelector"));
  if (request.method === "POST" && !name) answer(201, create(await body(request)));
  else if (request.method === "PUT" && name) answer(200, replace(name, await body(request)));
  else if (request.method === "DELETE" && name) answer(200, commit(name, find(name), undefined));
  else if (name) answer(200, find(name));
  else if (searchParams.get("watch")) watch(response, Number(searchParams.get("resourceVersion") ?? version), selects);
  else {
    const items = [...things.values()].filter(selects).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    answer(200, { kind: "List", metadata: { resourceVersion: String(version) }, items });
  }
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    const { code, reason, message } =
      error instanceof Failure ? error : new Failure(500, "InternalError", String(error));
    response.writeHead(code, { "content-type": "application/json" });
    response.end(`${JSON.stringify({ kind: "Status", code, reason, message })}\n`);
  });
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
