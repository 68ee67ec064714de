import { Pod, podReferences } from "@drydock/machinery";
import type { Action } from "../rbac/rules.ts";
import type { Registry } from "../registry/registry.ts";

/**
 * What an agent may see of others' objects: ConfigMaps, Secrets and accounts only when a pod on its node names them, one
 * by one; pods only those on its node (plugin/pkg/auth/authorizer/node). Undefined when that is so, or when nothing of
 * this kind is asked for: then RBAC decides. Otherwise the reason for a refusal that RBAC cannot overrule.
 */
export function nodeRefusal(registry: Registry, node: string, action: Action): string | undefined {
  if (!action.isResource) return undefined;
  const { group, resource, subresource, namespace, name, verb, fieldSelector = "" } = action;
  if (group !== "") return undefined;
  switch (resource) {
    case "configmaps":
      return named(action, ({ spec }) => podReferences(spec).configMaps.has(name));
    case "secrets":
      return named(action, ({ spec }) => podReferences(spec).secrets.has(name));
    case "serviceaccounts":
      if (subresource === "" && !["get", "list", "watch"].includes(verb)) return undefined;
      return named(action, ({ spec }) => (spec.serviceAccountName || "default") === name);
    case "pods":
      return podRefusal();
    default:
      return undefined;
  }

  function named(asked: Action & { isResource: true }, isMeant: (pod: Pod) => boolean): string | undefined {
    const { verb: wanted } = asked;
    const reads = ["get", "list", "watch"].includes(wanted) || asked.subresource === "token";
    if (!reads) return undefined;
    if (name === "") return `an agent may read single ${resource} only, those that pods on its node name`;
    const isNamed = podsOn(node, namespace).some(isMeant);
    return isNamed ? undefined : `no pod on node ${JSON.stringify(node)} names it`;
  }

  function podRefusal(): string | undefined {
    if (!["get", "list", "watch"].includes(verb) || subresource !== "") return undefined;
    if (name !== "") {
      const pod = registry.cached(Pod, namespace, name);
      // Nothing is told of a pod that is not there; whether it is, is asked of etcd later.
      return !pod || pod.spec.nodeName === node ? undefined : `it is not on node ${JSON.stringify(node)}`;
    }
    const own = fieldSelector.split(",").some((part) => /^spec\.nodeName==?(.*)$/.exec(part)?.[1] === node);
    return own ? undefined : `an agent may list and watch pods only with the field selector spec.nodeName=${node}`;
  }

  function podsOn(host: string, inNamespace: string): Pod[] {
    const { cache, prefix } = registry.require(Pod);
    return (cache.list(`${prefix}${inNamespace}/`).items as Pod[]).filter(({ spec }) => spec.nodeName === host);
  }
}
