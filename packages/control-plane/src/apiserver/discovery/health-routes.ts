import { messageOf } from "@drydock/kit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ApiContext } from "../server/api-context.ts";
import { sendData } from "../server/send.ts";

interface Check {
  name: string;
  /** Throws when it is not well. */
  run(): Promise<void> | void;
}

/**
 * Fastify plugin: /livez (is the process well), /readyz (should it get requests), /healthz, /metrics, /debug/pipeline.
 */
export async function healthRoutes(app: FastifyInstance, { api }: { api: ApiContext }): Promise<void> {
  const ping: Check = { name: "ping", run() {} };
  const etcd: Check = {
    name: "etcd",
    run: async () => {
      await api.registry.store.get("/registry/health");
    },
  };
  const caches: Check = { name: "watch-caches", run: () => api.registry.ready() };
  const shutdown: Check = {
    name: "shutdown",
    run() {
      if (api.closing.aborted) throw new Error("the server is closing");
    },
  };
  const sets: Record<string, Check[]> = {
    livez: [ping],
    healthz: [ping, etcd],
    readyz: [ping, etcd, caches, shutdown],
  };
  for (const [name, checks] of Object.entries(sets)) {
    app.get(`/${name}`, (request, reply) => report(request, reply, name, checks));
    for (const check of checks) {
      app.get(`/${name}/${check.name}`, (request, reply) => report(request, reply, name, [check]));
    }
  }
  app.get("/metrics", async (_request, reply) => {
    reply.header("content-type", api.metrics.contentType);
    return api.metrics.text();
  });
  app.get("/debug/pipeline", (_request, reply) => sendData(reply, { stages: api.timings.list() }));
}

/** As kube-apiserver: "ok", or the list of checks when one fails or the client asks for it. */
async function report(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  checks: Check[],
): Promise<FastifyReply> {
  const { query } = request.context;
  const excluded = query.getAll("exclude");
  const lines: string[] = [];
  let healthy = true;
  for (const check of checks) {
    if (excluded.includes(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    try {
      await check.run();
      lines.push(`[+]${check.name} ok`);
    } catch (error) {
      healthy = false;
      lines.push(`[-]${check.name} failed: ${messageOf(error)}`);
    }
  }
  reply.code(healthy ? 200 : 500).header("content-type", "text/plain; charset=utf-8");
  if (healthy && !query.has("verbose")) return reply.send("ok");
  return reply.send(`${lines.join("\n")}\n${name} check ${healthy ? "passed" : "failed"}\n`);
}
