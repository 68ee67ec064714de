import { type Clock, hasCode } from "@drydock/kit";
import {
  type Client,
  type Informer,
  type ObjectKey,
  type ReconcileResult,
  type Reconciler,
  readBootstrapToken,
  Secret,
} from "@drydock/machinery";

export interface TokenCleanerDeps {
  client: Client;
  secrets: Informer<Secret>;
  clock: Clock;
}

/** Deletes bootstrap tokens when they end. The API server refuses them from that moment anyway. */
export class TokenCleaner implements Reconciler {
  readonly #deps: TokenCleanerDeps;

  constructor(deps: TokenCleanerDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { client, secrets, clock } = this.#deps;
    const secret = secrets.get(key);
    const expiresAt = secret && readBootstrapToken(secret)?.expiresAt;
    if (!secret || expiresAt === undefined) return {};
    const wait = expiresAt - clock.now();
    if (wait > 0) return { requeueAfterMs: wait };
    const { uid = "", namespace, name } = secret.metadata;
    try {
      await client.delete(Secret, { namespace, name }, { preconditions: { uid }, signal });
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) throw error;
    }
    return {};
  }
}
