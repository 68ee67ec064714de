import type { Client } from "../client/client.ts";
import { failure } from "../errors.ts";
import { CertificateSigningRequest } from "../kinds/certificate-signing-request.ts";
import { createSigningRequest, type SigningRequestSubject } from "./create-signing-request.ts";

export interface CertificateOrder extends SigningRequestSubject {
  /** One of `signers`, or another that the cluster has. */
  signerName: string;
  /** `server auth` or `client auth`; `digital signature` is always asked for. */
  usage: "client auth" | "server auth";
  /** How long it should be good for; the signer may say less. */
  expirationSeconds?: number;
  /** Of the object: `node-csr-`; the server adds five characters. */
  generateName?: string;
}

/** A certificate and its key, PEM. */
export interface IssuedCertificate {
  cert: string;
  key: string;
}

/**
 * Orders a certificate from the cluster: a new key, a CertificateSigningRequest, and the wait until it is signed.
 * Throws CERTIFICATE_DENIED and CERTIFICATE_FAILED with the reason that was given, or what the signal was aborted with.
 */
export async function requestCertificate(
  client: Client,
  { signerName, usage, expirationSeconds, generateName = "csr-", ...subject }: CertificateOrder,
  signal: AbortSignal,
): Promise<IssuedCertificate> {
  const { request, key } = await createSigningRequest(subject);
  const created = await client.create(
    CertificateSigningRequest,
    {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name: "", generateName },
      spec: {
        request: Buffer.from(request).toString("base64"),
        signerName,
        usages: ["digital signature", usage],
        ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
      },
    },
    { signal },
  );
  return { cert: await issued(client, created, signal), key };
}

/** Waits for the decision and the certificate; a watch that the server ends is opened again. */
async function issued(client: Client, created: CertificateSigningRequest, signal: AbortSignal): Promise<string> {
  const { name } = created.metadata;
  for (let current = created; ; current = await client.get(CertificateSigningRequest, { name }, { signal })) {
    const answer = certificateIn(current);
    if (answer !== undefined) return answer;
    const watch = client.watch(CertificateSigningRequest, {
      fieldSelector: `metadata.name=${name}`,
      resourceVersion: current.metadata.resourceVersion,
      signal,
    });
    for await (const event of watch) {
      if (event.type === "BOOKMARK") continue;
      if (event.type === "DELETED") {
        throw failure("CERTIFICATE_FAILED", `certificate request ${name} was deleted before it was signed`);
      }
      const arrived = certificateIn(event.object);
      if (arrived !== undefined) return arrived;
    }
    signal.throwIfAborted();
  }
}

function certificateIn({ metadata, status }: CertificateSigningRequest): string | undefined {
  if (status?.certificate) return Buffer.from(status.certificate, "base64").toString("utf8");
  for (const { type, reason, message } of status?.conditions ?? []) {
    if (type !== "Denied" && type !== "Failed") continue;
    const code = type === "Denied" ? "CERTIFICATE_DENIED" : "CERTIFICATE_FAILED";
    const why = message || reason || "no reason was given";
    throw failure(
      code,
      `certificate request ${metadata.name} was ${type === "Denied" ? "denied" : "not signed"}: ${why}`,
      {
        details: { request: metadata.name, reason },
      },
    );
  }
  return undefined;
}
