import type { ResourceType } from "../kind.ts";

/** Where the resources of a type are: `/api/v1/namespaces/default/pods/web/log`. Without a namespace: those of all namespaces. */
export function resourcePath(
  type: ResourceType,
  where: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const parts = [type.plural, where.name, where.subresource].filter((part) => part !== undefined && part !== "");
  const namespace = type.namespaced && where.namespace ? `/namespaces/${encodeURIComponent(where.namespace)}` : "";
  return `${root}${namespace}/${parts.map((part) => encodePart(part ?? "")).join("/")}`;
}

// A subresource may have a path of its own (proxy/metrics), so slashes stay.
function encodePart(part: string): string {
  return part.split("/").map(encodeURIComponent).join("/");
}

/** `?a=1&b=true` of the values that are set; empty text when none is. */
export function queryString(values: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "" && value !== false) query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
