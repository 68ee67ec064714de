import { isDeepStrictEqual } from "node:util";
import { hasCode } from "@drydock/kit";
import {
  type Client,
  EndpointSlice,
  type Informer,
  isControlledBy,
  matchesLabelSelector,
  type ObjectKey,
  type Pod,
  type ReconcileResult,
  type Reconciler,
  type Service,
} from "@drydock/machinery";
import { desiredSlices, managedByLabel, manager, serviceNameLabel } from "./desired-slices.ts";

export interface EndpointSliceDeps {
  client: Client;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  pods: Informer<Pod>;
}

/**
 * Keeps the EndpointSlices of a Service with a selector what its pods are. Those of a Service that is gone go with it, by their owner reference; those that
 * somebody else manages are left alone.
 */
export class EndpointSliceReconciler implements Reconciler {
  readonly #deps: EndpointSliceDeps;

  constructor(deps: EndpointSliceDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { services, slices, pods } = this.#deps;
    const service = services.get(key);
    const selector = service?.spec?.selector;
    if (service === undefined || service.metadata.deletionTimestamp || Object.keys(selector ?? {}).length === 0)
      return {};
    const { namespace = "" } = service.metadata;
    const selected = pods
      .list(namespace)
      .filter(({ metadata }) => matchesLabelSelector({ matchLabels: selector ?? {} }, metadata.labels));
    const wanted = new Map(desiredSlices(service, selected).map((slice) => [slice.metadata.name, slice]));
    const present = slices.list(namespace).filter((slice) => isOf(slice, service));
    const named = new Map(present.map((slice) => [slice.metadata.name, slice]));
    await Promise.all([
      ...[...wanted.values()].map((slice) => this.#write(slice, named.get(slice.metadata.name))),
      ...present.filter(({ metadata }) => !wanted.has(metadata.name)).map((slice) => this.#delete(slice)),
    ]);
    return {};
  }

  async #write(wanted: EndpointSlice, present: EndpointSlice | undefined): Promise<void> {
    const { client } = this.#deps;
    try {
      if (present === undefined) await client.create(EndpointSlice, wanted);
      else if (!isDeepStrictEqual(stated(present), stated(wanted))) {
        const { labels = {}, ownerReferences = [] } = wanted.metadata;
        await client.update(EndpointSlice, { ...wanted, metadata: { ...present.metadata, labels, ownerReferences } });
      }
    } catch (error) {
      // Our cache is behind, or the service is gone meanwhile: an event brings us back.
      if (!hasCode(error, "API_ALREADY_EXISTS", "API_CONFLICT", "API_NOT_FOUND")) throw error;
    }
  }

  async #delete({ metadata: { namespace, name, uid = "" } }: EndpointSlice): Promise<void> {
    try {
      await this.#deps.client.delete(EndpointSlice, { namespace, name }, { preconditions: { uid } });
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) throw error;
    }
  }
}

function isOf(slice: EndpointSlice, service: Service): boolean {
  return slice.metadata.labels?.[managedByLabel] === manager && isControlledBy(slice, service);
}

/** What we say of a slice. */
function stated({ metadata: { labels, ownerReferences }, addressType, endpoints, ports }: EndpointSlice): unknown {
  return JSON.parse(JSON.stringify({ labels, ownerReferences, addressType, endpoints, ports }));
}

/** The service that a slice is of. */
export function serviceOf({ metadata: { namespace = "", labels } }: EndpointSlice): ObjectKey[] {
  const name = labels?.[serviceNameLabel];
  return name === undefined ? [] : [`${namespace}/${name}`];
}
