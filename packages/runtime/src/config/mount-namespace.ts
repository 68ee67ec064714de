import type { RuntimeConfig } from "../types.ts";
import { invalid } from "./check.ts";
import { hasUserNamespace } from "./user-namespace.ts";

/** False: the container's process stays in the runtime's mount namespace, on a root that is mounted nowhere. */
export function hasMountNamespace(config: RuntimeConfig): boolean {
  return config.linux?.namespaces?.some(({ type }) => type === "mount") ?? false;
}

export function checkMountNamespace(config: RuntimeConfig): void {
  const { namespaces = [], rootfsPropagation } = config.linux ?? {};
  const index = namespaces.findIndex(({ type }) => type === "mount");
  if (namespaces[index]?.path !== undefined && hasUserNamespace(config)) {
    throw invalid(
      `linux.namespaces[${index}].path`,
      "a mount namespace cannot be joined together with a user namespace",
      "leave out the path: nobody could mount in a namespace that belongs to others",
    );
  }
  if (index >= 0) return;
  const add = 'add {"type": "mount"}';
  if (hasUserNamespace(config)) {
    throw invalid("linux.namespaces", "no mount namespace: root of a user namespace may not mount in the host's", add);
  }
  if (rootfsPropagation !== undefined && !/^r?private$/.test(rootfsPropagation)) {
    throw invalid(
      "linux.rootfsPropagation",
      `${rootfsPropagation} needs a mount namespace`,
      `${add} to linux.namespaces`,
    );
  }
}
