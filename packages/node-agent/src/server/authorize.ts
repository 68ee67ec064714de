import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { agentError } from "../errors.ts";

/**
 * Who may talk to an agent: the API server alone, by the name in a certificate of the cluster's authority. It has checked what its own client may
 * do; anybody else with a certificate of the cluster (a user, another node) would go round that check.
 */
const admittedClient = "drydock-apiserver";

export function authorize(request: IncomingMessage): void {
  const { socket } = request;
  const name = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
  if (name === admittedClient) return;
  throw agentError("AGENT_FORBIDDEN", `client "${name ?? "unknown"}" may not talk to the agent`, {
    hint: "go through the API server: kubectl logs, kubectl exec",
  });
}
