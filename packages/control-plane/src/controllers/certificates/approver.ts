import { type Clock, hasCode, type Logger } from "@drydock/kit";
import {
  CertificateSigningRequest,
  type Client,
  getIfExists,
  type Informer,
  Node,
  type ObjectKey,
  type Reconciler,
  rfc3339,
} from "@drydock/machinery";
import { judge, subjectNode } from "./judge.ts";
import { readRequest } from "./read-request.ts";
import { isDecided, requestPem } from "./request-state.ts";

export interface ApproverDeps {
  client: Client;
  signingRequests: Informer<CertificateSigningRequest>;
  nodes: Informer<Node>;
  clock: Clock;
  logger: Logger;
}

/** Writes the decision about requests that need no person. */
export class CertificateApprover implements Reconciler {
  readonly #deps: ApproverDeps;

  constructor(deps: ApproverDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { client, signingRequests, nodes, clock, logger } = this.#deps;
    const object = signingRequests.get(key);
    if (!object || isDecided(object)) return;
    const requested = await readRequest(requestPem(object));
    const verdict = judge({
      spec: object.spec,
      requested,
      nodes: await this.#nodes(subjectNode(requested), nodes, signal),
    });
    if (!verdict) return;
    const now = rfc3339(clock.now());
    const condition = { ...verdict, status: "True" as const, lastUpdateTime: now, lastTransitionTime: now };
    const status = { ...object.status, conditions: [...(object.status?.conditions ?? []), condition] };
    try {
      const options = { subresource: "approval", signal };
      const patch = { metadata: { resourceVersion: object.metadata.resourceVersion }, status };
      await client.patch(CertificateSigningRequest, { name: key }, "merge", patch, options);
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND")) throw error;
    }
    const { username, signerName } = object.spec;
    logger.info({ request: key, username, signerName, verdict: verdict.type, why: verdict.message }, "request decided");
  }

  /** All nodes; the one that the request is about as the server has it: it may have registered a moment ago. */
  async #nodes(name: string | undefined, nodes: Informer<Node>, signal: AbortSignal): Promise<Node[]> {
    const others = nodes.list().filter(({ metadata }) => metadata.name !== name);
    const own = name ? await getIfExists(this.#deps.client, Node, { name }, signal) : undefined;
    return own ? [own, ...others] : others;
  }
}
