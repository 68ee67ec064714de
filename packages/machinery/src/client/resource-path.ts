import type { ResourceType } from "../kind.ts";

/** Where the resources of a type are: `/api/v1/namespaces/default/pods/web/log`. Without a namespace: those of all namespaces. */
export function resourcePath(
  type: ResourceType,
  where: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const { namespace, name, subresource } = where;
  return [
    root,
    ...(type.namespaced && namespace ? ["namespaces", encodeName(namespace)] : []),
    type.plural,
    ...(name ? [encodeName(name)] : []),
    // A subresource may have a path of its own (proxy/metrics), so its slashes stay.
    ...(subresource ? [subresource.split("/").map(encodeName).join("/")] : []),
  ].join("/");
}

/** Dots alone would be taken for a step up the path. */
function encodeName(name: string): string {
  return /^\.\.?$/.test(name) ? name.replaceAll(".", "%2E") : encodeURIComponent(name);
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
