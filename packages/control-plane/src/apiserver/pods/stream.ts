import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Pod } from "@drydock/machinery";
import { isTrue } from "../http/request-info.ts";
import { upgradeOf } from "../http/upgrade.ts";
import { getObject } from "../registry/get.ts";
import type { ResourceHandler } from "../server/resource-routes.ts";
import { badRequest } from "../status/refusals.ts";
import { type AgentAddress, type AgentTls, agentOf, requestAgent } from "./agent-connection.ts";
import { agentRefusal, agentUnreachable } from "./agent-refusal.ts";
import { chooseContainer } from "./choose-container.ts";

const passed = ["stdin", "stdout", "stderr", "tty"];

/**
 * exec, attach and portforward: the client's WebSocket is joined to one at the agent of the pod's node. We take part in the
 * handshake only; after it the bytes of both sides are passed on unchanged, so the sub-protocol (v4 or
 * v5.channel.k8s.io, or SPDY inside of WebSocket messages) is between them.
 */
export function streamHandlers(
  subresource: "exec" | "attach" | "portforward",
): Readonly<Record<string, ResourceHandler>> {
  const handler: ResourceHandler = async ({ api, operation, request, reply, info }) => {
    const { query, signal } = request.context;
    const pod = (await getObject(operation, info.name, "")) as Pod;
    const container = subresource === "portforward" ? undefined : chooseContainer(pod, query.get("container"));
    const { phase } = pod.status ?? {};
    if (phase === "Succeeded" || phase === "Failed") {
      const what = subresource === "portforward" ? "forward ports to" : "exec into a container in";
      throw badRequest(`cannot ${what} a completed pod; current phase is ${phase}`);
    }
    const agent = await agentOf(api.registry, pod);
    const upgrade = upgradeOf(request.raw);
    if (!upgrade) throw badRequest("Upgrade request required");
    const protocol = request.headers.upgrade?.toLowerCase() ?? "";
    if (protocol !== "websocket") {
      throw badRequest(
        `unable to upgrade: this server streams over WebSocket only, not ${request.headers.upgrade}: use kubectl 1.31 or newer, and leave KUBECTL_REMOTE_COMMAND_WEBSOCKETS on`,
      );
    }
    await operation.admit({
      ...operation,
      operation: "connect",
      subresource,
      name: info.name,
      old: pod,
      phase: "validate",
    });
    const options = new URLSearchParams();
    for (const name of passed) if (query.has(name)) options.set(name, String(isTrue(query.get(name))));
    for (const part of query.getAll("command")) options.append("command", part);
    const target = [info.namespace, info.name, ...(container === undefined ? [] : [container])];
    const verb = subresource === "portforward" ? "portForward" : subresource;
    const path = `/${verb}/${target.map(encodeURIComponent).join("/")}?${options}`;
    const { socket, response, head } = await openAtAgent(api.agentTls, agent, path, request.raw.headers, signal);
    reply.hijack();
    const client = upgrade.detach();
    client.write(handshakeAnswer(response));
    if (head.length > 0) client.write(head);
    if (upgrade.head.length > 0) socket.write(upgrade.head);
    await join(client, socket);
    return reply;
  };
  return { get: handler, create: handler };
}

const handshakeHeaders = [
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
];

function openAtAgent(
  tls: AgentTls,
  agent: AgentAddress,
  path: string,
  given: IncomingMessage["headers"],
  signal: AbortSignal,
): Promise<{ socket: Duplex; response: IncomingMessage; head: Buffer }> {
  const headers: Record<string, string> = { connection: "Upgrade", upgrade: "websocket" };
  for (const name of handshakeHeaders) {
    const value = given[name];
    if (typeof value === "string") headers[name] = value;
  }
  return new Promise((resolve, reject) => {
    const asked = requestAgent(tls, agent, { method: "GET", path, headers, signal });
    asked.once("upgrade", (response, socket, head) => resolve({ socket, response, head }));
    asked.once("response", (response) => agentRefusal(response).then(reject, reject));
    asked.once("error", (error) => reject(agentUnreachable(agent, error)));
    asked.end();
  });
}

/** The agent's answer to the handshake, for the client whose key it answers. */
function handshakeAnswer({ headers }: IncomingMessage): string {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  for (const name of ["sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"]) {
    if (headers[name] !== undefined) lines.push(`${name}: ${headers[name]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Passes bytes both ways until both sides have ended; a side that breaks takes the other with it. */
function join(client: Duplex, agent: Duplex): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const closed = (): void => {
      if (--open === 0) resolve();
    };
    for (const [from, to] of [
      [client, agent],
      [agent, client],
    ] as const) {
      from.once("close", () => {
        to.end();
        closed();
      });
      // A broken connection is closed next; that says all there is to say.
      from.once("error", () => to.destroy());
      from.pipe(to);
    }
  });
}
