import {
  bootstrappersGroup,
  type CertificateSigningRequest,
  isConditionTrue,
  type Node,
  signers,
} from "@drydock/machinery";
import { misfit, nodesGroup, nodeUserPrefix } from "./check-profile.ts";
import type { RequestedCertificate, UnreadableRequest } from "./read-request.ts";

/** What the approver says of a request; undefined leaves it to a person. */
export interface Verdict {
  type: "Approved" | "Denied";
  reason: string;
  message: string;
}

export interface JudgeInput {
  spec: CertificateSigningRequest["spec"];
  requested: RequestedCertificate | UnreadableRequest;
  nodes: readonly Node[];
}

/** The node that a request is about, when it is a node's. */
export function subjectNode(requested: RequestedCertificate | UnreadableRequest): string | undefined {
  if ("problem" in requested || !requested.commonName.startsWith(nodeUserPrefix)) return undefined;
  return requested.commonName.slice(nodeUserPrefix.length);
}

/**
 * Decides what is decided without a person: certificates of nodes, asked for by machines that join and by the nodes
 * themselves. Others may ask for anything, and somebody with the right to approve decides. Pure.
 */
export function judge({ spec, requested, nodes }: JudgeInput): Verdict | undefined {
  if (spec.signerName !== signers.nodeClient && spec.signerName !== signers.nodeServing) return undefined;
  const { username = "", groups = [], usages = [] } = spec;
  const joins = groups.includes(bootstrappersGroup);
  const isNode = groups.includes(nodesGroup) && username.startsWith(nodeUserPrefix);
  if (!joins && !isNode) return undefined;
  if ("problem" in requested) return denied("Unreadable", requested.problem);
  const why = misfit(spec.signerName, usages, requested);
  if (why) return denied("NotANodeCertificate", why);
  const name = requested.commonName.slice(nodeUserPrefix.length);
  if (isNode && username !== requested.commonName) {
    return denied("AnotherNode", `${username} may not ask for a certificate of ${requested.commonName}`);
  }
  const node = nodes.find(({ metadata }) => metadata.name === name);
  if (spec.signerName === signers.nodeClient) {
    if (!isNode && isConditionTrue(node?.status?.conditions, "Ready")) {
      const message = `there is a node ${name} and it is ready: delete it first, or join under another name`;
      return denied("NodeExists", message);
    }
    return approved(isNode ? `${name} renews its client certificate` : `${name} joins with a bootstrap token`);
  }
  if (!isNode) return denied("NotANode", "a serving certificate is for a node that has its client certificate already");
  const foreign = foreignName(requested, node, nodes);
  return foreign ? denied("NotItsOwn", foreign) : approved(`${name} serves under its own names`);
}

/** The first name or address that is not the node's own, in words. */
function foreignName(
  { dnsNames, ipAddresses }: RequestedCertificate,
  node: Node | undefined,
  nodes: readonly Node[],
): string | undefined {
  if (!node) return "there is no such node: it registers before it asks for a serving certificate";
  const { name } = node.metadata;
  const own = new Set([name, ...addressesOf(node)]);
  for (const asked of [...dnsNames, ...ipAddresses]) {
    if (!own.has(asked)) return `${asked} is neither the name nor an address of node ${name}`;
    // A node states its addresses itself: that makes it no other, and takes nothing from who had the address before.
    const other = nodes.find((one) => isOlder(one, node) && [one.metadata.name, ...addressesOf(one)].includes(asked));
    if (other) return `${asked} belongs to node ${other.metadata.name}, which was there first`;
  }
  return undefined;
}

/** Times have whole seconds; within one the name decides, so that it is one of the two. */
function isOlder(one: Node, node: Node): boolean {
  const [a, b] = [one, node].map(({ metadata }) => `${metadata.creationTimestamp ?? ""} ${metadata.name}`);
  return one.metadata.name !== node.metadata.name && (a ?? "") < (b ?? "");
}

function addressesOf(node: Node): string[] {
  return (node.status?.addresses ?? []).map(({ address }) => address);
}

function approved(message: string): Verdict {
  return { type: "Approved", reason: "AutoApproved", message };
}

function denied(reason: string, message: string): Verdict {
  return { type: "Denied", reason, message };
}
