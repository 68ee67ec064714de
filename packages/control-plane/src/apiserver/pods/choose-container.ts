import { containersOf, type Pod } from "@drydock/machinery";
import { badRequest } from "../status/refusals.ts";

/**
 * The container that a log, exec or attach is about: the named one, or the only one. Throws REQUEST_BAD in the words of
 * kube-apiserver.
 */
export function chooseContainer(pod: Pod, wanted: string | null): string {
  const { name } = pod.metadata;
  const names = pod.spec.containers.map((container) => container.name);
  if (wanted) {
    if (containersOf(pod.spec).some((container) => container.name === wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(" ")}]`);
}
