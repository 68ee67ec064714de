import { isDeepStrictEqual } from "node:util";
import type { FieldError } from "../kind.ts";
import { forbidden, invalid, required } from "../schema/field-errors.ts";
import type { CertificateSigningRequest } from "./certificate-signing-request.ts";

const PEM = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]+-----END (?:NEW )?CERTIFICATE REQUEST-----/;
const CERTIFICATE_PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;
/** `domain.of/whoever`: as Kubernetes has it, with at least one dot. */
const SIGNER_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\.[a-z0-9-]+\/[a-zA-Z0-9]([-a-zA-Z0-9_.:]*[a-zA-Z0-9])?$/;
const LEAST_SECONDS = 600;

/** Rules of pkg/apis/certificates/validation: what is asked for stands, and what was decided is not taken back. */
export function validateSigningRequest(
  object: CertificateSigningRequest,
  old?: CertificateSigningRequest,
): FieldError[] {
  return [...validateSpec(object, old), ...validateStatus(object, old)];
}

function validateSpec({ spec }: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  if (old) {
    return isDeepStrictEqual(spec, old.spec) ? [] : [forbidden("spec", "updates to the request are not allowed")];
  }
  const errors: FieldError[] = [];
  const pem = Buffer.from(spec.request, "base64").toString("latin1");
  if (!PEM.test(pem)) {
    errors.push(invalid("spec.request", "(bytes)", "must be one PEM block of type CERTIFICATE REQUEST"));
  }
  if ((spec.usages ?? []).length === 0) errors.push(required("spec.usages", "usages must not be empty"));
  if (!SIGNER_NAME.test(spec.signerName)) {
    errors.push(invalid("spec.signerName", spec.signerName, "must be a name such as example.com/my-signer"));
  }
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < LEAST_SECONDS) {
    errors.push(
      invalid("spec.expirationSeconds", spec.expirationSeconds, "may not specify a duration less than 600 seconds"),
    );
  }
  return errors;
}

function validateStatus({ status }: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  const conditions = status?.conditions ?? [];
  const field = "status.conditions";
  const final = new Set(["Approved", "Denied", "Failed"]);
  for (const [index, { type, status: value }] of conditions.entries()) {
    if (type === "") errors.push(required(`${field}[${index}].type`));
    if (final.has(type) && value !== "True") {
      errors.push(invalid(`${field}[${index}].status`, value, `must be True for ${type}`));
    }
  }
  const types = conditions.map(({ type }) => type);
  if (types.includes("Approved") && types.includes("Denied")) {
    errors.push(invalid(field, types, "Approved and Denied conditions are mutually exclusive"));
  }
  for (const { type } of old?.status?.conditions ?? []) {
    if (final.has(type) && !types.includes(type)) {
      errors.push(forbidden(field, `updates may not remove a condition of type "${type}"`));
    }
  }
  const certificate = status?.certificate;
  if (old?.status?.certificate && certificate !== old.status.certificate) {
    errors.push(forbidden("status.certificate", "updates may not set certificate content if existing is set"));
  } else if (certificate && !CERTIFICATE_PEM.test(Buffer.from(certificate, "base64").toString("latin1"))) {
    errors.push(invalid("status.certificate", "(bytes)", "must contain one or more PEM blocks of type CERTIFICATE"));
  }
  return errors;
}
