import { type ResourceType, resourcePath } from "@drydock/machinery";

/** A resource as the server's discovery describes it: enough to name it in every way that kubectl takes. */
export interface ApiResource extends ResourceType {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

/** How objects of a resource are named in output: `pod`, `workload.drydock.dev`. */
export function displayName({ singular, group }: ApiResource): string {
  return group === "" ? singular : `${singular}.${group}`;
}

/** URL path of a collection, of one object, or of one of its subresources. */
export function pathOf(type: ResourceType, namespace: string | undefined, name?: string, subresource?: string): string {
  return resourcePath(type, { namespace, name, subresource });
}
