import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type { Extension, PublicKeyType } from "@peculiar/x509";
import type { KeyPair } from "./key-pair.ts";

/** What a certificate is for: to be shown by a server, by a client, or either. */
export type Usage = "server" | "client";

export interface CertificateRequest {
  commonName: string;
  organizations?: readonly string[];
  /** DNS names and IP addresses that a server is reached by. */
  hosts?: readonly string[];
  usages: readonly Usage[];
  /** How long it holds: in days, or in ms. */
  days?: number;
  lifeMs?: number;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const DAY_MS = 24 * 3600 * 1000;
/** Clocks of other machines may be behind ours. Short-lived certificates are backdated by a tenth of their life. */
const BACKDATE_MS = 5 * 60 * 1000;

/** A self-signed authority that signs certificates of leaves only (path length 0). */
export async function createAuthority(commonName: string, days: number): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(days * DAY_MS),
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

/** A new key and a certificate for it, signed by `authority`. */
export async function signCertificate(authority: KeyPair, request: CertificateRequest): Promise<KeyPair> {
  const keys = await generateKeys();
  return { cert: await certify(authority, keys.publicKey, request), key: privateKeyPem(keys.privateKey) };
}

/** A certificate (RFC 5280) for somebody's public key, PEM; it never outlives the authority. */
export async function certify(
  authority: KeyPair,
  publicKey: PublicKeyType,
  request: CertificateRequest,
): Promise<string> {
  const x509 = await loadX509();
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
    ...validity(request.lifeMs ?? (request.days ?? 0) * DAY_MS, issuer.notAfter),
    serialNumber: serialNumber(),
    // Kubernetes reads the user from CN and the groups from each O. The JSON form needs no escaping of names.
    subject: [...(request.organizations ?? []).map((name) => ({ O: [name] })), { CN: [request.commonName] }],
    // As it is, not written anew: Go compares the bytes of both names, and other tools encode theirs otherwise than we do.
    issuer: issuer.subjectName,
    publicKey,
    signingKey: await importPrivateKey(authority.key),
    signingAlgorithm: SIGNATURE,
    extensions,
  });
  return `${certificate.toString("pem")}\n`;
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

function validity(lifeMs: number, latest?: Date): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  const end = Math.min(now + lifeMs, latest?.getTime() ?? Number.POSITIVE_INFINITY);
  return { notBefore: new Date(now - Math.min(BACKDATE_MS, lifeMs / 10)), notAfter: new Date(end) };
}

/** 127 random bits: a positive number of at most 20 octets (RFC 5280, 4.1.2.2), hexadecimal. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
