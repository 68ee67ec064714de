import { Namespace } from "@drydock/machinery";
import { forbidden } from "../status/refusals.ts";
import type { AdmissionRequest, AdmissionStage } from "./admission.ts";

/** Nothing is made in a namespace that does not exist or is being deleted. */
export const namespaceLifecycle: AdmissionStage = {
  name: "namespace-lifecycle",
  what: "the namespace exists and is not being deleted",
  async validate(request: AdmissionRequest): Promise<void> {
    const { resource, operation, namespace, name, registry, subresource } = request;
    if (operation !== "create" || !resource.kind.namespaced || subresource !== "") return;
    const cached = registry.cached(Namespace, "", namespace);
    // A namespace made a moment ago may not have reached the cache: ask etcd before saying no. Throws "not found".
    const found = cached ?? ((await registry.read(registry.require(Namespace), "", namespace)) as Namespace);
    if (!found.metadata.deletionTimestamp && found.status?.phase !== "Terminating") return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(resource.kind, name, why, [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ]);
  },
};
