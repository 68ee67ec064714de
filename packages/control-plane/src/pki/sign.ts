import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type { Extension } from "@peculiar/x509";
import type { KeyPair } from "./key-pair.ts";

/** What a certificate is for: to be shown by a server, by a client, or either. */
export type Usage = "server" | "client";

export interface CertificateRequest {
  commonName: string;
  organizations?: readonly string[];
  /** DNS names and IP addresses that a server is reached by. */
  hosts?: readonly string[];
  usages: readonly Usage[];
  days: number;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const DAY_MS = 24 * 3600 * 1000;
/** Clocks of other machines may be behind ours. */
const BACKDATE_MS = 5 * 60 * 1000;

/** A self-signed authority that signs certificates of leaves only (path length 0). */
export async function createAuthority(commonName: string, days: number): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(days),
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString("pem")}\n`, key: privateKeyPem(keys.privateKey) };
}

/** A new key and a certificate for it (RFC 5280), signed by `authority`. */
export async function signCertificate(authority: KeyPair, request: CertificateRequest): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await generateKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const extensions: Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    // The key only ever signs handshakes: ECDSA does not encipher.
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(
      request.usages.map((usage) =>
        usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
      ),
    ),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
  ];
  if (request.hosts?.length) {
    extensions.push(
      new x509.SubjectAlternativeNameExtension(
        request.hosts.map((host) => ({ type: isIP(host) ? ("ip" as const) : ("dns" as const), value: host })),
      ),
    );
  }
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(request.days),
    serialNumber: serialNumber(),
    // Kubernetes reads the user from CN and the groups from each O. The JSON form needs no escaping of names.
    subject: [...(request.organizations ?? []).map((name) => ({ O: [name] })), { CN: [request.commonName] }],
    issuer: issuer.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey: await importPrivateKey(authority.key),
    signingAlgorithm: SIGNATURE,
    extensions,
  });
  return { cert: `${certificate.toString("pem")}\n`, key: privateKeyPem(keys.privateKey) };
}

/** Loaded only when something is signed: 100 ms. It wants the reflection polyfill to be there first. */
async function loadX509() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function generateKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function privateKeyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}

async function importPrivateKey(pem: string) {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATE_MS), notAfter: new Date(now + days * DAY_MS) };
}

/** 127 random bits: a positive number of at most 20 octets (RFC 5280, 4.1.2.2), hexadecimal. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
