import { createPublicKey } from "node:crypto";
import type { Clock } from "@drydock/kit";
import { Node, Pod, Secret, ServiceAccount } from "@drydock/machinery";
import type { TokenAuthenticator } from "../pipeline/token-authenticator.ts";
import { serviceAccountUser, type User } from "../rbac/user.ts";
import type { Registry } from "../registry/registry.ts";
import { verifyToken } from "./json-web-token.ts";
import { type AccountClaims, isSame, readClaims } from "./service-account-claims.ts";

/**
 * ServiceAccounts by the tokens that this server gave out: signature, time, audience, and that the account and what the
 * token is bound to are still there. All comes from the watch caches, so a token ends a moment after its pod
 * (pkg/serviceaccount/claims.go).
 */
export function serviceAccountTokens(registry: Registry, publicKeyPem: string, clock: Clock): TokenAuthenticator {
  const publicKey = createPublicKey(publicKeyPem);
  return {
    name: "service-account-token",
    authenticate(token, audience) {
      const verified = verifyToken(token, publicKey);
      const claims = verified && readClaims(verified);
      if (!claims?.audiences.includes(audience)) return undefined;
      if (clock.now() >= claims.expires * 1000) return undefined;
      const account = registry.cached(ServiceAccount, claims.namespace, claims.account.name);
      if (!isSame(account, claims.account.uid) || account?.metadata.deletionTimestamp) return undefined;
      return boundIsThere(registry, claims) ? userOf(claims) : undefined;
    },
  };
}

function boundIsThere(registry: Registry, { bound, namespace }: AccountClaims): boolean {
  switch (bound?.kind) {
    case undefined:
      return true;
    case "Pod":
      return isSame(registry.cached(Pod, namespace, bound.name), bound.uid);
    case "Secret":
      return isSame(registry.cached(Secret, namespace, bound.name), bound.uid);
    case "Node":
      return isSame(registry.cached(Node, "", bound.name), bound.uid);
  }
}

function userOf({ namespace, account, bound, node, id }: AccountClaims): User {
  const prefix = "authentication.kubernetes.io";
  const extra: Record<string, string[]> = { [`${prefix}/credential-id`]: [`JTI=${id}`] };
  if (bound?.kind === "Pod") {
    extra[`${prefix}/pod-name`] = [bound.name];
    extra[`${prefix}/pod-uid`] = [bound.uid];
  }
  if (node) {
    extra[`${prefix}/node-name`] = [node.name];
    extra[`${prefix}/node-uid`] = [node.uid];
  }
  return { ...serviceAccountUser(namespace, account.name), uid: account.uid, extra };
}
