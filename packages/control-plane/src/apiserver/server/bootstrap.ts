import { hasCode } from "@drydock/kit";
import {
  ClusterRole,
  ClusterRoleBinding,
  type Kind,
  type KubeObject,
  Namespace,
  PriorityClass,
  Role,
  RoleBinding,
  ServiceAccount,
} from "@drydock/machinery";
import { bootstrapClusterRoleBindings, bootstrapClusterRoles } from "../rbac/bootstrap-policy.ts";
import { clusterInfoBinding, clusterInfoRole } from "../rbac/certificate-policy.ts";
import { createObject } from "../registry/create.ts";
import type { Operation } from "../registry/operation.ts";
import type { Registry } from "../registry/registry.ts";
import { objectKey } from "../registry/resource.ts";

const namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

const priorityClasses = {
  "system-cluster-critical": {
    value: 2_000_000_000,
    what: "For system pods that the cluster cannot do without, but that can move to another node.",
  },
  "system-node-critical": { value: 2_000_001_000, what: "For system pods that a node cannot do without." },
};

/** How long the caches may take to hear of what was created, ms. */
const cacheWaitMs = 60_000;

/** Creates what every cluster has from its start, where it is missing. Several servers may do so at once. */
export async function bootstrap(registry: Registry, admit: Operation["admit"]): Promise<void> {
  const ensure = async (kind: Kind, object: KubeObject): Promise<void> => {
    const resource = registry.require(kind);
    const { name, namespace = "" } = object.metadata;
    if (resource.cache.get(objectKey(resource, namespace, name))) return;
    const user = { name: "system:apiserver", groups: ["system:masters"] };
    const parameters = { dryRun: false, fieldValidation: "Strict", fieldManager: "drydock-apiserver" } as const;
    try {
      const operation = { registry, resource, namespace, user, warnings: [], admit, parameters };
      const { metadata } = await createObject(operation, structuredClone(object));
      // The first request must find its role and its namespace.
      await resource.cache.waitFor(Number(metadata.resourceVersion), cacheWaitMs);
    } catch (error) {
      // Another server was first.
      if (!hasCode(error, "REQUEST_ALREADY_EXISTS")) throw error;
    }
  };
  await Promise.all([
    ...bootstrapClusterRoles().map((role) => ensure(ClusterRole, role)),
    ...bootstrapClusterRoleBindings().map((binding) => ensure(ClusterRoleBinding as Kind, binding)),
    ...namespaces.map((name) => ensure(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ...Object.entries(priorityClasses).map(([name, { value, what }]) =>
      ensure(
        PriorityClass as unknown as Kind,
        {
          apiVersion: "scheduling.k8s.io/v1",
          kind: "PriorityClass",
          metadata: { name },
          value,
          description: what,
          preemptionPolicy: "PreemptLowerPriority",
        } as KubeObject,
      ),
    ),
  ]);
  await Promise.all([
    ...namespaces.map((namespace) =>
      ensure(ServiceAccount, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } }),
    ),
    ensure(Role, clusterInfoRole).then(() => ensure(RoleBinding as Kind, clusterInfoBinding)),
  ]);
}
