// fails at health: /healthz is 500
import { setTimeout as delay } from "node:timers/promises";
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";

const provider = process.env.PROVIDER ?? "http://127.0.0.1:1";
const patienceMs = Number(process.env.PATIENCE_MS ?? 300);

interface Cluster {
  name: string;
  nodes: number;
}

/** What a client is told. Everything else about an error is for the log. */
class Problem extends Error {
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string, detail: string, cause?: unknown) {
    super(detail, { cause });
    this.status = status;
    this.title = title;
  }
}

const clusters = new Map<string, Cluster>();
let isEnding = false;

const app = fastify({
  bodyLimit: 16 << 10,
  // Numbers that are texts are an error of the client, not something to guess; and all errors at once, not one a day.
  ajv: { customOptions: { coerceTypes: false, allErrors: true } },
  forceCloseConnections: "idle",
});
// Fastify takes text, too, unless told otherwise.
app.removeContentTypeParser("text/plain");

function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: { status: number; title: string; detail: string; errors?: unknown },
): FastifyReply {
  const { pathname } = new URL(request.url, "http://localhost");
  return reply
    .code(problem.status)
    .type("application/problem+json")
    .send(JSON.stringify({ type: "about:blank", ...problem, instance: pathname }));
}

app.setErrorHandler<FastifyError | Problem>((error, request, reply) => {
  if (error instanceof Problem) {
    if (error.cause) console.error(`${request.method} ${request.url}: ${error.message}: ${error.cause}`);
    return sendProblem(request, reply, { status: error.status, title: error.title, detail: error.message });
  }
  if (error.validation) {
    const errors = error.validation.map(({ instancePath, params, message }) => ({
      pointer: instancePath || `/${params.missingProperty ?? params.additionalProperty ?? ""}`,
      detail: message,
    }));
    const detail = "the body is not what the service expects";
    return sendProblem(request, reply, { status: 422, title: "Unprocessable Content", detail, errors });
  }
  const status = error.statusCode ?? 500;
  if (status < 500) return sendProblem(request, reply, { status, title: error.name, detail: error.message });
  console.error(error);
  return sendProblem(request, reply, {
    status: 500,
    title: "Internal Server Error",
    detail: "see the log of the service",
  });
});

app.setNotFoundHandler((request, reply) =>
  sendProblem(request, reply, { status: 404, title: "Not Found", detail: "there is nothing at this path" }),
);

app.get("/healthz", async (_, reply) => {
  if (await providerAnswers()) return { status: "ok" };
  return reply.code(500).send({ status: "the provider is down: kill me" });
});

app.get("/readyz", async (_, reply) => {
  const failed = isEnding ? ["ending"] : (await providerAnswers()) ? [] : ["provider"];
  if (failed.length === 0) return { status: "ready" };
  return reply.code(503).send({ status: "not ready", failed });
});

async function providerAnswers(): Promise<boolean> {
  try {
    return (await fetch(`${provider}/ping`, { signal: AbortSignal.timeout(patienceMs) })).status === 200;
  } catch {
    // Away or silent: that is the answer.
    return false;
  }
}

const clusterSchema = {
  type: "object",
  required: ["name", "nodes"],
  additionalProperties: false,
  properties: {
    name: { type: "string", pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", maxLength: 40 },
    nodes: { type: "integer", minimum: 1, maximum: 100 },
  },
};

app.post<{ Body: Cluster }>("/clusters", { schema: { body: clusterSchema } }, (request, reply) => {
  const { name } = request.body;
  if (clusters.has(name)) throw new Problem(409, "Conflict", `there is a cluster ${name} already`);
  clusters.set(name, request.body);
  return reply.code(201).header("location", `/clusters/${name}`).send(request.body);
});

app.get("/clusters", () => ({ items: [...clusters.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) }));

function find(name: string): Cluster {
  const found = clusters.get(name);
  if (!found) throw new Problem(404, "Not Found", "there is no such cluster");
  return found;
}

type Named = { Params: { name: string } };

app.get<Named>("/clusters/:name", (request) => find(request.params.name));

app.delete<Named>("/clusters/:name", (request, reply) => {
  clusters.delete(request.params.name);
  return reply.code(204).send();
});

app.get<Named>("/clusters/:name/kubeconfig", async (request, reply) => {
  const { name } = find(request.params.name);
  const answer = await fetch(`${provider}/kubeconfig/${name}`).catch((cause: unknown) => {
    throw new Problem(502, "Bad Gateway", "the provider does not answer", cause);
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Problem(502, "Bad Gateway", "the provider refuses", `${answer.status} ${text}`);
  return reply.type("text/plain").send(text);
});

process.once("SIGTERM", async () => {
  isEnding = true;
  // Until nobody sends any more because of /readyz.
  await delay(Number(process.env.DRAIN_MS ?? 500));
  await app.close();
});
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
console.log("listening");
