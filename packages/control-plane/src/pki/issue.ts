import type { KeyPair } from "./key-pair.ts";
import type { Pki } from "./pki.ts";
import { signCertificate } from "./sign.ts";

export interface ClientCertificateRequest {
  /** The user: `system:node:node-1`. */
  commonName: string;
  /** The groups: `system:nodes`. */
  organizations?: readonly string[];
  /** 365 unless stated. */
  days?: number;
}

export interface ServingCertificateRequest {
  commonName: string;
  organizations?: readonly string[];
  /** DNS names and IP addresses that the server is reached by. */
  hosts: readonly string[];
  days?: number;
}

/** A certificate by which its holder is known to the API server. Not kept on disk. */
export function issueClientCertificate(pki: Pick<Pki, "ca">, request: ClientCertificateRequest): Promise<KeyPair> {
  return signCertificate(pki.ca, { days: 365, ...request, usages: ["client"] });
}

/** A certificate that a server (a node agent) shows. Not kept on disk. */
export function issueServingCertificate(pki: Pick<Pki, "ca">, request: ServingCertificateRequest): Promise<KeyPair> {
  return signCertificate(pki.ca, { days: 365, ...request, usages: ["server"] });
}
