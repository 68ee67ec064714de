import type { Pod } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import type { NodeFacts } from "./environment.ts";

/** The value of a downward API field (`metadata.name`, `status.podIP`, `metadata.labels['app']`). */
export function fieldValue(pod: Pod, path: string, facts: NodeFacts): string {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed) {
    const map = keyed[1] === "labels" ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[keyed[2] as string] ?? "";
  }
  switch (path) {
    case "metadata.name":
      return pod.metadata.name;
    case "metadata.namespace":
      return pod.metadata.namespace ?? "";
    case "metadata.uid":
      return pod.metadata.uid ?? "";
    case "spec.nodeName":
      return facts.nodeName;
    case "spec.serviceAccountName":
      return pod.spec.serviceAccountName ?? "";
    case "status.hostIP":
    case "status.hostIPs":
      return facts.hostIP;
    case "status.podIP":
    case "status.podIPs":
      return facts.podIP;
    default:
      throw agentError("AGENT_BAD_ENV", `fieldPath ${path} is not known`, {
        hint: "use metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'], spec.nodeName, status.podIP or status.hostIP",
      });
  }
}
