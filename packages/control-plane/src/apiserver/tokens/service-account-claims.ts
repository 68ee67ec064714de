import type { KubeObject, ServiceAccount } from "@drydock/machinery";
import { isRecord } from "../patch/merge-patch.ts";
import { apiAudience } from "../pipeline/token-authenticator.ts";
import type { Claims } from "./json-web-token.ts";

export interface BoundObject {
  kind: "Pod" | "Secret" | "Node";
  name: string;
  uid: string;
}

/** What a ServiceAccount's token says: whose it is, whom it may be shown to, until when, and what it ends with. */
export interface AccountClaims {
  namespace: string;
  account: { name: string; uid: string };
  audiences: readonly string[];
  /** Seconds since the epoch. */
  issuedAt: number;
  expires: number;
  id: string;
  bound?: BoundObject;
  /** The node that the bound pod is on. */
  node?: { name: string; uid: string };
}

export function claimsFor(
  account: ServiceAccount,
  options: Pick<AccountClaims, "audiences" | "issuedAt" | "expires" | "id" | "bound" | "node">,
): Claims {
  const { name, namespace = "", uid = "" } = account.metadata;
  const { bound, node } = options;
  return {
    iss: apiAudience,
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: options.audiences,
    iat: options.issuedAt,
    nbf: options.issuedAt,
    exp: options.expires,
    jti: options.id,
    "kubernetes.io": {
      namespace,
      serviceaccount: { name, uid },
      ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
      ...(node ? { node } : {}),
    },
  };
}

/** Reads claims that are known to be ours; undefined when they are not of this shape. Pure. */
export function readClaims(claims: Claims): AccountClaims | undefined {
  const { iss, aud, iat, exp, jti } = claims;
  const inner = claims["kubernetes.io"];
  if (iss !== apiAudience || !Array.isArray(aud) || typeof exp !== "number" || !isRecord(inner)) return undefined;
  const account = reference(inner.serviceaccount);
  if (typeof inner.namespace !== "string" || !account) return undefined;
  const node = reference(inner.node);
  for (const kind of ["Pod", "Secret", "Node"] as const) {
    const bound = reference(inner[kind.toLowerCase()]);
    if (bound) return { ...common(), bound: { kind, ...bound }, ...(node && kind === "Pod" ? { node } : {}) };
  }
  return common();

  function common(): AccountClaims {
    return {
      namespace: (inner as { namespace: string }).namespace,
      account: account as { name: string; uid: string },
      audiences: (aud as unknown[]).map(String),
      issuedAt: Number(iat),
      expires: exp as number,
      id: String(jti),
    };
  }
}

/** True when an object is the one that a token names: same UID, and not on its way out. */
export function isSame(object: KubeObject | undefined, uid: string): boolean {
  return object !== undefined && object.metadata.uid === uid;
}

function reference(value: unknown): { name: string; uid: string } | undefined {
  if (!isRecord(value) || typeof value.name !== "string" || typeof value.uid !== "string") return undefined;
  return { name: value.name, uid: value.uid };
}
