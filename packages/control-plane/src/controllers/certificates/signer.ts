import { type Clock, hasCode, type Logger } from "@drydock/kit";
import {
  CertificateSigningRequest,
  type Client,
  type Informer,
  type ObjectKey,
  type Reconciler,
  rfc3339,
} from "@drydock/machinery";
import type { KeyPair } from "../../pki/key-pair.ts";
import { certify } from "../../pki/sign.ts";
import { isOurSigner, misfit, usageOf } from "./check-profile.ts";
import { readRequest } from "./read-request.ts";
import { hasCondition, requestPem } from "./request-state.ts";

export interface SigningOptions {
  /** The cluster's authority. */
  ca: KeyPair;
  /** The longest life of a certificate, and its life when none is asked for; 7 days unless stated, ms. */
  durationMs?: number;
}

export interface SignerDeps extends SigningOptions {
  client: Client;
  signingRequests: Informer<CertificateSigningRequest>;
  clock: Clock;
  logger: Logger;
}

const weekMs = 7 * 24 * 3600_000;

/** Signs what has been approved. It looks at the request again: who approves may be a person in a hurry. */
export class CertificateSigner implements Reconciler {
  readonly #deps: SignerDeps;

  constructor(deps: SignerDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { signingRequests, logger } = this.#deps;
    const object = signingRequests.get(key);
    if (!object || !isOurSigner(object.spec.signerName) || object.status?.certificate) return;
    if (!hasCondition(object, "Approved") || hasCondition(object, "Denied", "Failed")) return;
    const { signerName, usages = [], expirationSeconds, username } = object.spec;
    const requested = await readRequest(requestPem(object));
    const why = "problem" in requested ? requested.problem : misfit(signerName, usages, requested);
    if (why !== undefined || "problem" in requested) return this.#fail(object, why ?? "", signal);
    const { commonName, organizations, dnsNames, ipAddresses, publicKey } = requested;
    const longest = this.#deps.durationMs ?? weekMs;
    const lifeMs = Math.min(longest, expirationSeconds === undefined ? longest : expirationSeconds * 1000);
    const hosts = [...dnsNames, ...ipAddresses];
    const subject = { commonName, organizations, hosts, usages: [usageOf(signerName)], lifeMs };
    const certificate = await certify(this.#deps.ca, publicKey, subject);
    await this.#write(object, { certificate: Buffer.from(certificate).toString("base64") }, signal);
    logger.info(
      { request: key, username, signerName, commonName, hosts, seconds: lifeMs / 1000 },
      "certificate signed",
    );
  }

  async #fail(object: CertificateSigningRequest, message: string, signal: AbortSignal): Promise<void> {
    const now = rfc3339(this.#deps.clock.now());
    const condition = {
      type: "Failed",
      status: "True" as const,
      reason: "SignerValidationFailure",
      message,
      lastUpdateTime: now,
      lastTransitionTime: now,
    };
    await this.#write(object, { conditions: [...(object.status?.conditions ?? []), condition] }, signal);
    this.#deps.logger.warn({ request: object.metadata.name, why: message }, "approved request cannot be signed");
  }

  async #write(
    object: CertificateSigningRequest,
    status: Partial<NonNullable<CertificateSigningRequest["status"]>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { name, resourceVersion } = object.metadata;
    try {
      const patch = { metadata: { resourceVersion }, status };
      await this.#deps.client.patch(CertificateSigningRequest, { name }, "merge", patch, {
        subresource: "status",
        signal,
      });
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND")) throw error;
    }
  }
}
