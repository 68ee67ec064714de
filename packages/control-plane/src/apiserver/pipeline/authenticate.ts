import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { anonymousUser, type User } from "../rbac/user.ts";
import { unauthorized } from "../status/refusals.ts";
import { apiAudience, bearerToken, type TokenAuthenticator, tokenUser } from "./token-authenticator.ts";

/** Who a connection's certificate names, and until when it holds (ms since the epoch). */
interface Certified {
  user: User;
  validTo: number;
}

/** The certificate of a connection never changes, so each is read once. */
const connections = new WeakMap<Socket, Certified>();

/**
 * Who asks: by the client certificate of the connection, otherwise by a bearer token; without either
 * system:anonymous. What does not hold (another authority, expired, an unknown token) is refused, not taken for
 * anonymous. A certificate is looked at again with each request: a connection must not outlive it. Throws
 * REQUEST_UNAUTHORIZED.
 */
export function authenticate(
  { socket, headers }: IncomingMessage,
  tokens: readonly TokenAuthenticator[],
  nowMs: number,
): User {
  const certified = certifiedBy(socket);
  if (certified) {
    if (nowMs > certified.validTo) throw unauthorized();
    return certified.user;
  }
  const token = bearerToken(headers);
  if (token === undefined) return anonymousUser;
  const user = tokenUser(tokens, token, apiAudience);
  if (!user) throw unauthorized();
  return user;
}

/** The common name of a certificate that our authority signed is the user, its organisations are the groups. */
function certifiedBy(socket: Socket): Certified | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const known = connections.get(socket);
  if (known) return known;
  const certificate = socket.getPeerCertificate();
  if (!certificate || Object.keys(certificate).length === 0) return undefined;
  if (!socket.authorized) throw unauthorized();
  const { CN: name, O: organisations } = certificate.subject as { CN?: string | string[]; O?: string | string[] };
  if (typeof name !== "string" || name === "") throw unauthorized();
  const groups = organisations === undefined ? [] : [organisations].flat();
  const certified = {
    user: { name, groups: [...groups, "system:authenticated"] },
    validTo: Date.parse(certificate.valid_to),
  };
  connections.set(socket, certified);
  return certified;
}
