/**
 * node server.ts       a service that gives Kubernetes clusters away, on 127.0.0.1:$PORT; prints "listening"
 *
 * GET    /healthz                    200 {"status": "ok"}: this process can answer
 * GET    /readyz                     200 {"status": "ready"}; 503 {"status": "not ready", "failed": ["provider"]} when GET $PROVIDER/ping is not 200 within $PATIENCE_MS (300)
 *                                    503 with "failed": ["ending"] after SIGTERM
 * POST   /clusters                   {"name": "a-z, 0-9 and -", "nodes": 1 to 100}: 201, the cluster, Location: /clusters/NAME; 409 when there is one; 422 when it is not so
 * GET    /clusters                   {"items": […]}, by name
 * GET    /clusters/NAME              the cluster; 404
 * DELETE /clusters/NAME              204, also when there is none
 * GET    /clusters/NAME/kubeconfig   what GET $PROVIDER/kubeconfig/NAME says, as text; 502 when it does not say 200
 *
 * Every error is application/problem+json (RFC 9457): {"type": "about:blank" or a URI of the error, "title", "status", "detail", "instance": the path}. A 422 has
 * "errors": [{"pointer": "/nodes", "detail": "…"}] besides. Nothing of what is inside, and nothing that the provider says, is in it.
 * Bodies of more than 16 KiB: 413; no JSON: 400; another media type: 415.
 * SIGTERM: not ready; goes on serving for $DRAIN_MS (500); then takes nothing new, answers what is in hand, and ends with 0.
 */
import fastify from "fastify";

const provider = process.env.PROVIDER ?? "http://127.0.0.1:1";

interface Cluster {
  name: string;
  nodes: number;
}

const clusters = new Map<string, Cluster>();
const app = fastify();

// One health for everybody who asks. What does a supervisor do with it when the provider has a bad hour?
app.get("/healthz", async () => {
  await fetch(`${provider}/ping`);
  return { status: "ok" };
});

app.post<{ Body: Cluster }>("/clusters", (request) => {
  clusters.set(request.body.name, request.body);
  return request.body;
});

app.get("/clusters", () => ({ items: [...clusters.values()] }));

app.get<{ Params: { name: string } }>("/clusters/:name", (request) => {
  const found = clusters.get(request.params.name);
  if (!found) throw new Error(`${request.params.name} is not in ${JSON.stringify([...clusters])}`);
  return found;
});

await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
console.log("listening");
