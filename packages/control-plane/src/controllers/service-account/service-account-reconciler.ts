import { hasCode } from "@drydock/kit";
import {
  type Client,
  type Informer,
  type Namespace,
  type ObjectKey,
  type ReconcileResult,
  type Reconciler,
  ServiceAccount,
} from "@drydock/machinery";

export interface ServiceAccountDeps {
  client: Client;
  namespaces: Informer<Namespace>;
  serviceAccounts: Informer<ServiceAccount>;
}

/** The account that pods run as when they name none. */
export const defaultServiceAccount = "default";

/** Sees to it that each namespace has the ServiceAccount `default`. */
export class ServiceAccountReconciler implements Reconciler {
  readonly #deps: ServiceAccountDeps;

  constructor(deps: ServiceAccountDeps) {
    this.#deps = deps;
  }

  async reconcile(namespace: ObjectKey): Promise<ReconcileResult> {
    const { client, namespaces, serviceAccounts } = this.#deps;
    const object = namespaces.get(namespace);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return {};
    if (serviceAccounts.get(`${namespace}/${defaultServiceAccount}`) !== undefined) return {};
    try {
      await client.create(ServiceAccount, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: defaultServiceAccount, namespace },
      });
    } catch (error) {
      // Made by somebody else, or the namespace is going.
      if (!hasCode(error, "API_ALREADY_EXISTS", "API_NOT_FOUND", "API_FORBIDDEN")) throw error;
    }
    return {};
  }
}
