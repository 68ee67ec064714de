import { timingSafeEqual } from "node:crypto";
import type { Clock } from "@drydock/kit";
import {
  bootstrappersGroup,
  bootstrapTokenNamespace,
  bootstrapTokenSecretName,
  isExpiredToken,
  parseBootstrapToken,
  readBootstrapToken,
  Secret,
} from "@drydock/machinery";
import type { Registry } from "../registry/registry.ts";
import { apiAudience, type TokenAuthenticator } from "./token-authenticator.ts";

/**
 * Machines that join: `system:bootstrap:<id>` in the group system:bootstrappers, by a token whose Secret is in
 * kube-system (plugin/pkg/auth/authenticator/token/bootstrap). The Secret comes from the watch cache, so a token that is
 * deleted or has ended is refused a moment later, and strangers who guess cost etcd nothing.
 */
export function bootstrapTokens(registry: Registry, clock: Clock): TokenAuthenticator {
  return {
    name: "bootstrap-token",
    authenticate(text, audience) {
      const token = audience === apiAudience ? parseBootstrapToken(text) : undefined;
      if (!token) return undefined;
      const secret = registry.cached(Secret, bootstrapTokenNamespace, bootstrapTokenSecretName(token.id));
      const known = secret && !secret.metadata.deletionTimestamp ? readBootstrapToken(secret) : undefined;
      // Both are sixteen ASCII characters, so the lengths tell nothing.
      if (!known || !timingSafeEqual(Buffer.from(known.secret), Buffer.from(token.secret))) return undefined;
      if (!known.authenticates || isExpiredToken(known, clock.now())) return undefined;
      return {
        name: `system:bootstrap:${known.id}`,
        groups: [...new Set([bootstrappersGroup, ...known.groups]), "system:authenticated"],
      };
    },
  };
}
