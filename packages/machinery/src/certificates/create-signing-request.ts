import { KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";

export interface SigningRequestSubject {
  /** The user: `system:node:node-1`. */
  commonName: string;
  /** The groups: `system:nodes`. */
  organizations?: readonly string[];
  /** DNS names and IP addresses that a server is reached by. */
  hosts?: readonly string[];
}

export interface SigningRequestWithKey {
  /** PKCS#10, PEM. */
  request: string;
  /** The private key, PKCS#8, PEM. It never leaves the machine that made it. */
  key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A new key (ECDSA P-256) and a request for a certificate of it (RFC 2986). */
export async function createSigningRequest(subject: SigningRequestSubject): Promise<SigningRequestWithKey> {
  // Loaded only when it is needed: 100 ms. The library wants the reflection polyfill to be there first.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const names = (subject.hosts ?? []).map((host) => ({
    type: isIP(host) ? ("ip" as const) : ("dns" as const),
    value: host,
  }));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [...(subject.organizations ?? []).map((name) => ({ O: [name] })), { CN: [subject.commonName] }],
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return { request: `${request.toString("pem")}\n`, key };
}
