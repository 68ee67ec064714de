import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { anonymousUser, type User } from "../rbac/user.ts";
import { unauthorized } from "../status/refusals.ts";

/** The user of a connection never changes, so each is worked out once. */
const users = new WeakMap<Socket, User>();

/**
 * Who is at the other end: the common name of a client certificate that our authority signed is the user, its
 * organisations are the groups. Without a certificate: system:anonymous. A certificate that does not hold (another
 * authority, expired) is refused, not taken for anonymous. Throws REQUEST_UNAUTHORIZED.
 */
export function authenticate(socket: Socket): User {
  if (!(socket instanceof TLSSocket)) return anonymousUser;
  const known = users.get(socket);
  if (known) return known;
  const certificate = socket.getPeerCertificate();
  if (!certificate || Object.keys(certificate).length === 0) return anonymousUser;
  if (!socket.authorized) throw unauthorized();
  const { CN: name, O: organisations } = certificate.subject as { CN?: string | string[]; O?: string | string[] };
  if (typeof name !== "string" || name === "") throw unauthorized();
  const groups = organisations === undefined ? [] : [organisations].flat();
  const user = { name, groups: [...groups, "system:authenticated"] };
  users.set(socket, user);
  return user;
}
