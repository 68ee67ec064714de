import type { IncomingHttpHeaders } from "node:http";
import type { User } from "../rbac/user.ts";

/** Who a token is for when it says nothing else: this server. Also the issuer of the tokens that it gives out. */
export const apiAudience = "https://kubernetes.default.svc";

/**
 * Knows users by what they send as `Authorization: Bearer …`. One for each kind of token, asked in order; the first
 * that knows it has the word. The token must get into no error, log or metric.
 */
export interface TokenAuthenticator {
  readonly name: string;
  /** Undefined: not a token of this kind, not a good one, or none that may be shown to this audience. */
  authenticate(token: string, audience: string): User | undefined;
}

/** Who has this token; undefined when it is not good for the audience. */
export function tokenUser(
  authenticators: readonly TokenAuthenticator[],
  token: string,
  audience: string,
): User | undefined {
  for (const authenticator of authenticators) {
    const user = authenticator.authenticate(token, audience);
    if (user) return user;
  }
  return undefined;
}

/** The bearer token of a request; undefined when it has none, "" when the header is there but holds none. */
export function bearerToken({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined) return undefined;
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
}
