/**
 * node server.ts        clusters from a slow cloud, on 127.0.0.1:$PORT; prints "listening"
 *
 * POST   /clusters {"name": "…"}             202, Location: /clusters/NAME, {"name", "state": "provisioning"}; 409 when there is one
 * POST   /clusters?wait=true                 the answer comes at the end: 201 with "running", 502 with "failed". A client that leaves before cancels:
 *                                            then it is as after DELETE
 * GET    /clusters/NAME                      {"name", "state"}; 404
 * GET    /clusters/NAME/events               server-sent events, one for each state that it has had and will have: "id: N", "data: {"name", "state"}"; N is 1, 2, …
 *                                            with the header Last-Event-ID: N only what came after N; ends behind "deleted"
 * DELETE /clusters/NAME                      202, also twice; 404. What goes on is cancelled. States: deleting, and when nothing of it is left in the cloud deleted (then 404)
 * SIGTERM                                    takes nothing new; cancels what is provisioning, as DELETE does; ends all streams, and itself with 0
 *
 * States: provisioning -> running | failed; from each of them -> deleting -> deleted
 *
 * The cloud at $CLOUD is slow: POST /machines/NAME answers 201 when the machine is there, which takes its time, or 500 when it could not be made; who closes the connection before
 * may or may not have made one. DELETE /machines/NAME: 204, also when there is none; 500 now and then: ask again.
 */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const cloud = process.env.CLOUD ?? "http://127.0.0.1:1";
const clusters = new Map<string, string>();

// The client waits for as long as the cloud takes. So does the proxy between them; it has a limit, and the client tries again.
const server = createServer(async (request, response) => {
  const name = (request.url ?? "").split("/")[2] ?? "";
  if (request.method === "POST") {
    const order = JSON.parse(await text(request)) as { name: string };
    await fetch(`${cloud}/machines/${order.name}`, { method: "POST" });
    clusters.set(order.name, "running");
    response.end(JSON.stringify({ name: order.name, state: "running" }));
  } else if (request.method === "DELETE") {
    await fetch(`${cloud}/machines/${name}`, { method: "DELETE" });
    clusters.delete(name);
    response.writeHead(202).end();
  } else if (clusters.has(name)) response.end(JSON.stringify({ name, state: clusters.get(name) }));
  else response.writeHead(404).end();
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
