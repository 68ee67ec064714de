import type { CertificateSigningRequest } from "@drydock/machinery";

export function requestPem({ spec }: CertificateSigningRequest): string {
  return Buffer.from(spec.request, "base64").toString("latin1");
}

export function hasCondition({ status }: CertificateSigningRequest, ...types: string[]): boolean {
  return status?.conditions?.some(({ type }) => types.includes(type)) === true;
}

export function isDecided(object: CertificateSigningRequest): boolean {
  return hasCondition(object, "Approved", "Denied");
}
