import { randomUUID, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { RegistryCredentials } from "../types.ts";
import type { TestCertificate } from "./certificates.ts";

export interface TokenServer {
  realm: string;
  service: string;
  issuer: string;
  /** Query and Authorization header of each request. */
  requests: { scopes: string[]; authorization: string | undefined }[];
}

/**
 * A token server as the distribution project specifies it ("Token Authentication Specification"): answers a user's
 * password with a signed token for what is asked; without a password it grants pulling from `public/…` only.
 */
export async function startTokenServer(
  t: { teardown(action: () => unknown): void },
  certificate: TestCertificate,
  user: RegistryCredentials,
): Promise<TokenServer> {
  const requests: TokenServer["requests"] = [];
  const [service, issuer] = ["test-registry", "test-issuer"];
  const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://token");
    const scopes = url.searchParams.getAll("scope");
    const { authorization } = request.headers;
    requests.push({ scopes, authorization });
    if (authorization !== undefined && authorization !== basic) {
      response.writeHead(401).end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "wrong password" }] }));
      return;
    }
    const access = scopes
      .map(parseScope)
      .filter(({ name }) => authorization !== undefined || name.startsWith("public/"));
    response.end(JSON.stringify({ token: signToken({ issuer, service, access, certificate }), expires_in: 300 }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { realm: `http://127.0.0.1:${address.port}/token`, service, issuer, requests };
}

interface Access {
  type: string;
  name: string;
  actions: string[];
}

function parseScope(scope: string): Access {
  const [type = "", name = "", actions = ""] = scope.split(":");
  return { type, name, actions: actions.split(",") };
}

function signToken(claims: {
  issuer: string;
  service: string;
  access: Access[];
  certificate: TestCertificate;
}): string {
  const { issuer, service, access, certificate } = claims;
  const now = Math.floor(Date.now() / 1000);
  const x5c = [new X509Certificate(certificate.certificate).raw.toString("base64")];
  const header = { typ: "JWT", alg: "RS256", x5c };
  const times = { iat: now, nbf: now - 10, exp: now + 300 };
  const payload = { iss: issuer, sub: "test", aud: service, jti: randomUUID(), access, ...times };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), certificate.key).toString("base64url")}`;
}
