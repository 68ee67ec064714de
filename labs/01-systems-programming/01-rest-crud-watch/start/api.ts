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
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

interface Thing {
  metadata: { name: string; resourceVersion?: string; labels?: Record<string, string> };
  spec?: unknown;
  status?: unknown;
}

const things = new Map<string, Thing>();

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const answer = (code: number, value: unknown): void => {
    response.writeHead(code, { "content-type": "application/json" }).end(`${JSON.stringify(value)}\n`);
  };
  const [, , name] = pathname.split("/");
  if (request.method === "POST" || request.method === "PUT") {
    const thing = JSON.parse(await text(request)) as Thing;
    things.set(thing.metadata.name, thing);
    answer(200, thing);
  } else if (request.method === "DELETE") {
    things.delete(name ?? "");
    answer(200, {});
  } else if (name) {
    answer(200, things.get(name));
  } else if (searchParams.get("watch")) {
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    for (const object of things.values()) response.write(`${JSON.stringify({ type: "ADDED", object })}\n`);
  } else {
    answer(200, { items: [...things.values()] });
  }
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
