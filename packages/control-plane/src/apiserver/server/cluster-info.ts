import { hasCode } from "@drydock/kit";
import { ConfigMap } from "@drydock/machinery";
import { stringify } from "yaml";
import { createObject } from "../registry/create.ts";
import type { Operation } from "../registry/operation.ts";
import type { Registry } from "../registry/registry.ts";
import { updateObject } from "../registry/update.ts";

const namespace = "kube-public";
const name = "cluster-info";

/**
 * What a machine that wants to join may read before anybody knows it: the cluster's authority, as a kubeconfig without
 * a user (kubeadm's cluster-info). It proves nothing by itself; the reader compares the authority with a hash that it
 * was given with its token. The address is that of the first server, the authority is always the one in use.
 */
export async function publishClusterInfo(
  registry: Registry,
  admit: Operation["admit"],
  { server, ca }: { server: string; ca: string },
): Promise<void> {
  const resource = registry.require(ConfigMap);
  const user = { name: "system:apiserver", groups: ["system:masters"] };
  const parameters = { dryRun: false, fieldValidation: "Strict", fieldManager: "drydock-apiserver" } as const;
  const operation = { registry, resource, namespace, user, warnings: [], admit, parameters };
  const authority = Buffer.from(ca).toString("base64");
  const present = registry.cached(ConfigMap, namespace, name);
  if (present?.data?.kubeconfig?.includes(authority)) return;
  const kubeconfig = stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "", cluster: { "certificate-authority-data": authority, server } }],
    },
    { lineWidth: 0 },
  );
  if (present) {
    await updateObject(operation, name, (current) => ({ ...current, data: { kubeconfig } }));
    return;
  }
  const object: ConfigMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    data: { kubeconfig },
  };
  try {
    await createObject(operation, object);
  } catch (error) {
    // Another server was first.
    if (!hasCode(error, "REQUEST_ALREADY_EXISTS")) throw error;
  }
}
