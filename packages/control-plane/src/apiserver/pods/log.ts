import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Pod } from "@drydock/machinery";
import { isTrue } from "../http/request-info.ts";
import { getObject } from "../registry/get.ts";
import type { ResourceHandler } from "../server/resource-routes.ts";
import { badRequest } from "../status/refusals.ts";
import { agentOf, requestAgent } from "./agent-connection.ts";
import { agentRefusal, agentUnreachable } from "./agent-refusal.ts";
import { chooseContainer } from "./choose-container.ts";

/** Options of PodLogOptions that the agent understands as they are. */
const passed = ["follow", "previous", "timestamps", "tailLines", "sinceSeconds", "sinceTime", "limitBytes"];

/** GET pods/NAME/log: relayed from the agent of the pod's node, piece by piece as it comes. */
export const logHandlers: Readonly<Record<string, ResourceHandler>> = {
  async get({ api, operation, request, reply, info }) {
    const { query, signal } = request.context;
    const pod = (await getObject(operation, info.name, "")) as Pod;
    const container = chooseContainer(pod, query.get("container"));
    if (query.get("sinceSeconds") && query.get("sinceTime")) {
      throw badRequest("at most one of `sinceTime` or `sinceSeconds` may be specified");
    }
    // Nothing has run yet, so there is nothing to say; kubectl logs prints nothing.
    if (!pod.spec.nodeName) return reply.header("content-type", "text/plain").send("");
    const options = new URLSearchParams();
    for (const name of passed) {
      const value = query.get(name);
      if (value === null) continue;
      options.set(
        name,
        name === "follow" || name === "previous" || name === "timestamps" ? String(isTrue(value)) : value,
      );
    }
    const agent = await agentOf(api.registry, pod);
    const path = `/containerLogs/${[info.namespace, info.name, container].map(encodeURIComponent).join("/")}?${options}`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = requestAgent(api.agentTls, agent, { method: "GET", path, signal });
      asked.once("response", resolve);
      asked.once("error", (error) => reject(agentUnreachable(agent, error)));
      asked.end();
    });
    if (response.statusCode !== 200) throw await agentRefusal(response);
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/plain", "cache-control": "no-cache, private" });
    reply.raw.flushHeaders();
    // Either side may go at any time: then there is nobody left to tell.
    await pipeline(response, reply.raw).catch((error) => api.logger.debug({ error }, "a log stream was cut"));
    return reply;
  },
};
