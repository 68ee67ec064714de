import { CertificateSigningRequest } from "@drydock/machinery";
import { isAllowed } from "../rbac/authorizer.ts";
import { cachedPolicy } from "../rbac/cached-policy.ts";
import { forbidden } from "../status/refusals.ts";
import type { AdmissionRequest, AdmissionStage } from "./admission.ts";

/**
 * Who may write a decision or a certificate must also have the right for that signer: `approve` or `sign` on
 * signers/NAME, or on signers/DOMAIN/* for all of a domain (plugin/pkg/admission/certificates/approval and signing).
 */
export const certificateSigners: AdmissionStage = {
  name: "certificate-signers",
  what: "decisions on certificates, and certificates, come from who may speak for the signer",
  validate(request: AdmissionRequest): void {
    const { resource, subresource, old } = request;
    if (resource.kind.group !== CertificateSigningRequest.group || !old) return;
    if (resource.kind.plural !== CertificateSigningRequest.plural) return;
    const before = old as CertificateSigningRequest;
    const after = request.object as CertificateSigningRequest;
    if (subresource === "approval") demand(request, "approve", before.spec.signerName);
    const signs = subresource === "status" && before.status?.certificate !== after.status?.certificate;
    const fails = subresource === "status" && hasFailed(after) && !hasFailed(before);
    if (signs || fails) demand(request, "sign", before.spec.signerName);
  },
};

function hasFailed({ status }: CertificateSigningRequest): boolean {
  return status?.conditions?.some(({ type }) => type === "Failed") === true;
}

function demand({ registry, user, resource, name }: AdmissionRequest, verb: string, signer: string): void {
  const policy = cachedPolicy(registry);
  const names = [signer, `${signer.split("/")[0]}/*`];
  const group = CertificateSigningRequest.group;
  const action = { isResource: true, verb, group, resource: "signers", subresource: "", namespace: "" } as const;
  if (names.some((one) => isAllowed(policy, user, { ...action, name: one }))) return;
  throw forbidden(
    resource.kind,
    name,
    `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`,
  );
}
