import { hasCode } from "@drydock/kit";
import {
  type Client,
  type Informer,
  type KubeObject,
  Namespace,
  type ObjectKey,
  Pod,
  type ReconcileResult,
  type Reconciler,
} from "@drydock/machinery";
import type { ResourceMonitor } from "../resource-monitor.ts";
import { type ServedType, typeKey } from "../resource-types.ts";
import { type Content, remainingConditions } from "./remaining-conditions.ts";

/** By which the API server keeps a namespace until we have emptied it. */
const finalizer = "kubernetes";

/** What is left is looked at again after this long (ms) even if no event says that something went. */
const recheckMs = 5000;

export interface NamespaceDeps {
  client: Client;
  namespaces: Informer<Namespace>;
  monitor: ResourceMonitor;
  now: () => number;
}

/** Empties a namespace that is being deleted, pods first, and then lets it go. */
export class NamespaceReconciler implements Reconciler {
  readonly #deps: NamespaceDeps;

  constructor(deps: NamespaceDeps) {
    this.#deps = deps;
  }

  async reconcile(name: ObjectKey): Promise<ReconcileResult> {
    const { namespaces, monitor } = this.#deps;
    const namespace = namespaces.get(name);
    if (namespace?.metadata.deletionTimestamp === undefined) return {};
    if (!namespace.spec?.finalizers?.includes(finalizer)) return {};
    await monitor.synced();

    const types = monitor.types.filter(({ namespaced, verbs }) => namespaced && verbs.includes("delete"));
    const isPod = (type: ServedType) => typeKey(type) === typeKey(Pod);
    await Promise.all(types.filter(isPod).map((type) => this.#deleteAll(type, name)));
    await Promise.all(types.filter((type) => !isPod(type)).map((type) => this.#deleteAll(type, name)));
    const left = await this.#remaining(types, name);
    if (left.length > 0) {
      await this.#report(namespace, left);
      return { requeueAfterMs: recheckMs };
    }
    await this.#finalize(namespace);
    return {};
  }

  async #deleteAll(type: ServedType, namespace: string): Promise<void> {
    const { items } = await this.#deps.client.list<KubeObject>(type, { namespace });
    await Promise.all(
      items
        .filter((object) => object.metadata.deletionTimestamp === undefined)
        .map(async ({ metadata: { name, uid = "" } }) => {
          try {
            await this.#deps.client.delete(type, { namespace, name }, { preconditions: { uid } });
          } catch (error) {
            // Gone already, or about to be seen under another uid: the next look tells.
            if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) throw error;
          }
        }),
    );
  }

  async #remaining(types: readonly ServedType[], namespace: string): Promise<Content[]> {
    const lists = await Promise.all(
      types.map(async (type) => {
        const { items } = await this.#deps.client.list<KubeObject>(type, { namespace });
        return { type, objects: items };
      }),
    );
    return lists.filter(({ objects }) => objects.length > 0);
  }

  async #report(namespace: Namespace, left: readonly Content[]): Promise<void> {
    const conditions = remainingConditions(namespace.status?.conditions ?? [], left, this.#deps.now());
    if (conditions === undefined) return;
    try {
      await this.#deps.client.updateStatus(Namespace, { ...namespace, status: { ...namespace.status, conditions } });
    } catch (error) {
      // It has changed, and the event brings us here again.
      if (!hasCode(error, "API_CONFLICT", "API_NOT_FOUND")) throw error;
    }
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const { client } = this.#deps;
    const finalizers = (namespace.spec?.finalizers ?? []).filter((other) => other !== finalizer);
    const body = { ...namespace, spec: { ...namespace.spec, finalizers } };
    try {
      const answer = await client.stream("PUT", `/api/v1/namespaces/${namespace.metadata.name}/finalize`, { body });
      // Read to its end, so that the connection can be used again.
      for await (const _ of answer.body);
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND")) throw error;
    }
  }
}
