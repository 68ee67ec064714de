import { type Clock, hasCode } from "@drydock/kit";
import {
  CertificateSigningRequest,
  type Client,
  type Informer,
  type ObjectKey,
  type ReconcileResult,
  type Reconciler,
} from "@drydock/machinery";
import { hasCondition } from "./request-state.ts";

const hourMs = 3600_000;
/** How long requests are kept after their creation (pkg/controller/certificates/cleaner). */
export const keepFor = { settledMs: hourMs, pendingMs: 24 * hourMs };

export interface CleanerDeps {
  client: Client;
  signingRequests: Informer<CertificateSigningRequest>;
  clock: Clock;
}

/** Deletes requests that have served: an hour after they were settled, a day after nobody cared. */
export class RequestCleaner implements Reconciler {
  readonly #deps: CleanerDeps;

  constructor(deps: CleanerDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { client, signingRequests, clock } = this.#deps;
    const object = signingRequests.get(key);
    if (!object) return {};
    const wait = endOf(object) - clock.now();
    if (wait > 0) return { requeueAfterMs: wait };
    const { uid = "" } = object.metadata;
    try {
      await client.delete(CertificateSigningRequest, { name: key }, { preconditions: { uid }, signal });
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) throw error;
    }
    return {};
  }
}

/** When a request goes, ms since the epoch. Pure. */
export function endOf(object: CertificateSigningRequest): number {
  const created = Date.parse(object.metadata.creationTimestamp ?? "");
  const settled = object.status?.certificate !== undefined || hasCondition(object, "Denied", "Failed");
  return created + (settled ? keepFor.settledMs : keepFor.pendingMs);
}
