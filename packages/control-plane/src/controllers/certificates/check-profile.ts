import { signers } from "@drydock/machinery";
import type { Usage } from "../../pki/sign.ts";
import type { RequestedCertificate } from "./read-request.ts";

export const nodesGroup = "system:nodes";
export const nodeUserPrefix = "system:node:";
const mastersGroup = "system:masters";

/** What one signer gives: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers */
interface Profile {
  usage: Usage;
  needs: string;
  /** Why a request is not one for this signer. */
  refuse(request: RequestedCertificate): string | undefined;
}

/** Usages that say how a key is used; ECDSA keys only ever sign, and clients ask for both all the same. */
const ofKeys = ["digital signature", "key encipherment"];

const profiles: Readonly<Record<string, Profile>> = {
  [signers.client]: {
    usage: "client",
    needs: "client auth",
    refuse: ({ organizations }) =>
      organizations.includes(mastersGroup)
        ? `certificates for the group ${mastersGroup} are not signed on request`
        : undefined,
  },
  [signers.nodeClient]: {
    usage: "client",
    needs: "client auth",
    refuse: (request) =>
      refuseNode(request) ??
      ([...request.dnsNames, ...request.ipAddresses].length > 0
        ? "a client certificate of a node has no alternative names"
        : undefined),
  },
  [signers.nodeServing]: {
    usage: "server",
    needs: "server auth",
    refuse: (request) =>
      refuseNode(request) ??
      ([...request.dnsNames, ...request.ipAddresses].length === 0
        ? "a serving certificate needs a DNS name or an address"
        : undefined),
  },
};

export function isOurSigner(name: string): boolean {
  return Object.hasOwn(profiles, name);
}

/** What the certificate of a signer is for. */
export function usageOf(signerName: string): Usage {
  return profiles[signerName]?.usage ?? "client";
}

/** Why a request does not fit its signer; undefined when it does. Pure. */
export function misfit(
  signerName: string,
  usages: readonly string[],
  request: RequestedCertificate,
): string | undefined {
  const profile = profiles[signerName];
  if (!profile) return `there is no signer ${signerName}`;
  if (!usages.includes(profile.needs)) return `usages must have "${profile.needs}"`;
  const foreign = usages.find((usage) => usage !== profile.needs && !ofKeys.includes(usage));
  if (foreign) return `usage "${foreign}" is not given by ${signerName}`;
  if (request.commonName === "") return "the subject has no common name";
  if (request.others.length > 0) return `it asks for what is not given: ${request.others.join(", ")}`;
  return profile.refuse(request);
}

function refuseNode({ commonName, organizations }: RequestedCertificate): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== nodesGroup)
    return `the organization must be ${nodesGroup} alone`;
  if (!commonName.startsWith(nodeUserPrefix) || commonName === nodeUserPrefix) {
    return `the common name must be ${nodeUserPrefix} and the node's name`;
  }
  return undefined;
}
