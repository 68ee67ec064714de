import { createHash, X509Certificate } from "node:crypto";
import { failure } from "../errors.ts";

/**
 * The hash by which a cluster's authority is known to those who join: SHA-256 of its public key
 * (SubjectPublicKeyInfo, DER), as kubeadm has it. It survives a renewal of the authority's certificate.
 */
export function authorityHash(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

/** Throws CLI_USAGE for what is no such hash. */
export function checkHash(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw failure("CLI_USAGE", `--ca-cert-hash: "${text}" is no hash of an authority`, {
    hint: "drydock token create --print-join-command prints it: sha256: and 64 hexadecimal digits",
  });
}

/** Certificates in a PEM text, one each. */
export function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}
