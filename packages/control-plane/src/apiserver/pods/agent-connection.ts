import type { ClientRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Node, type Pod } from "@drydock/machinery";
import type { Registry } from "../registry/registry.ts";
import { badRequest, notFound } from "../status/refusals.ts";

/** PEM texts: our client certificate, and the authority that signed the agents' serving certificates. */
export interface AgentTls {
  ca: string;
  cert: string;
  key: string;
}

export interface AgentAddress {
  host: string;
  port: number;
}

/** The order in which kube-apiserver tries a node's addresses; agents serve on their InternalIP. */
const preferred = ["InternalIP", "ExternalIP", "Hostname"] as const;

/**
 * Where the agent of a pod's node listens. Throws REQUEST_BAD while the pod has no node, REQUEST_NOT_FOUND when the
 * node is gone.
 */
export async function agentOf(registry: Registry, pod: Pod): Promise<AgentAddress> {
  const { nodeName } = pod.spec;
  if (!nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const cached = registry.cached(Node, "", nodeName);
  const node = cached ?? ((await registry.read(registry.require(Node), "", nodeName)) as Node);
  if (!node) throw notFound(Node, nodeName);
  const addresses = node.status?.addresses ?? [];
  const host = preferred.map((type) => addresses.find((one) => one.type === type)?.address).find(Boolean);
  if (!host) throw badRequest(`node ${nodeName} has no address yet: its agent has not reported one`);
  return { host, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250 };
}

/** Begins a request to an agent over mutual TLS; the caller ends it. */
export function requestAgent(
  tls: AgentTls,
  { host, port }: AgentAddress,
  options: { method: string; path: string; headers?: Record<string, string | string[]>; signal: AbortSignal },
): ClientRequest {
  return httpsRequest({
    ...options,
    host,
    port,
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    minVersion: "TLSv1.2",
    agent: false,
  });
}
