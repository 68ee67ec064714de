import type { IncomingHttpHeaders } from "node:http";
import type { User } from "../rbac/user.ts";

/**
 * Knows users by what they send as `Authorization: Bearer …`. One for each kind of token, asked in order; the first
 * that knows it has the word. The token must get into no error, log or metric.
 */
export interface TokenAuthenticator {
  readonly name: string;
  /** Undefined: not a token of this kind, or not a good one. */
  authenticate(token: string): User | undefined;
}

/** The bearer token of a request; undefined when it has none, "" when the header is there but holds none. */
export function bearerToken({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined) return undefined;
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
}
