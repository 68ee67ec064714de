import { messageOf } from "@drydock/kit";
import type { PublicKey } from "@peculiar/x509";

/** What a PKCS#10 request asks for, in the terms in which it is judged. */
export interface RequestedCertificate {
  commonName: string;
  organizations: string[];
  dnsNames: string[];
  ipAddresses: string[];
  /** Subject attributes, alternative names and extensions that no signer here gives. */
  others: string[];
  publicKey: PublicKey;
}

export interface UnreadableRequest {
  problem: string;
}

const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
/** Stated by many tools; what the certificate has of them, the signer decides by the usages that are asked for. */
const DECIDED_BY_SIGNER = new Set(["2.5.29.15", "2.5.29.37", "2.5.29.19", "2.5.29.14"]);
const LEAST_RSA_BITS = 2048;

/** Takes a request (PEM) apart and checks that its sender has the key. What cannot be read is a reason to say no, not an error. */
export async function readRequest(pem: string): Promise<RequestedCertificate | UnreadableRequest> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    if (!(await request.verify())) return { problem: "the request is not signed with the key that it is about" };
    const weak = weakness(request.publicKey.algorithm);
    if (weak) return { problem: weak };
    const others: string[] = [];
    const subject: Record<string, string[]> = {};
    for (const attribute of request.subjectName.toJSON()) {
      for (const [name, values] of Object.entries(attribute)) {
        if (name === "CN" || name === "O") subject[name] = [...(subject[name] ?? []), ...values];
        else others.push(`subject ${name}`);
      }
    }
    const dnsNames: string[] = [];
    const ipAddresses: string[] = [];
    for (const extension of request.extensions) {
      if (extension.type !== SUBJECT_ALTERNATIVE_NAME) {
        if (!DECIDED_BY_SIGNER.has(extension.type)) others.push(`extension ${extension.type}`);
        continue;
      }
      const { names } = new x509.SubjectAlternativeNameExtension(extension.rawData);
      for (const { type, value } of names.toJSON()) {
        if (type === "dns") dnsNames.push(value);
        else if (type === "ip") ipAddresses.push(value);
        else others.push(`alternative name of type ${type}`);
      }
    }
    const [commonName = "", ...more] = subject.CN ?? [];
    if (more.length > 0) others.push("a second common name");
    return { commonName, organizations: subject.O ?? [], dnsNames, ipAddresses, others, publicKey: request.publicKey };
  } catch (error) {
    return { problem: `the request cannot be read: ${messageOf(error)}` };
  }
}

function weakness(algorithm: object): string | undefined {
  const bits = "modulusLength" in algorithm ? Number(algorithm.modulusLength) : undefined;
  return bits !== undefined && bits < LEAST_RSA_BITS ? `an RSA key of ${bits} bits is too short` : undefined;
}
