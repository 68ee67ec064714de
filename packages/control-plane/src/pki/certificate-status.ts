import { X509Certificate } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, readTextIfExists } from "@drydock/kit";

/** What a certificate on disk says of itself. */
export interface CertificateStatus {
  /** Of the file, without its ending: `apiserver`, `ca`. */
  name: string;
  file: string;
  /** Common name. */
  subject: string;
  issuer: string;
  isAuthority: boolean;
  /** DNS names and addresses. */
  hosts: string[];
  /** ms since the epoch. */
  notBefore: number;
  notAfter: number;
}

/** The certificates (*.pem) of a directory, by name; none when there is no such directory. What is no certificate is passed over. */
export async function certificateStatuses(directory: string): Promise<CertificateStatus[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
  const certificates = names
    .filter((name) => name.endsWith(".pem") && !name.startsWith("."))
    .map((name) => name.slice(0, -".pem".length))
    .sort();
  const found = await Promise.all(certificates.map((name) => statusOf(name, join(directory, `${name}.pem`))));
  return found.filter((status) => status !== undefined);
}

async function statusOf(name: string, file: string): Promise<CertificateStatus | undefined> {
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec((await readTextIfExists(file)) ?? "");
  if (!pem) return undefined;
  const certificate = new X509Certificate(pem[0]);
  return {
    name,
    file,
    subject: commonName(certificate.subject),
    issuer: commonName(certificate.issuer),
    isAuthority: certificate.ca,
    hosts: hostsOf(certificate),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  };
}

function commonName(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name;
}

/** From `DNS:localhost, IP Address:127.0.0.1`. */
export function hostsOf({ subjectAltName = "" }: X509Certificate): string[] {
  return subjectAltName
    .split(", ")
    .map((entry) => /^(?:DNS|IP Address):(.*)$/.exec(entry)?.[1])
    .filter((host) => host !== undefined)
    .map((host) => (host.includes(":") ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host));
}
