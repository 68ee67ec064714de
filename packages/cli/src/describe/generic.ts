import type { KubeObject } from "@drydock/machinery";
import type { Detail, DetailValue } from "../output/details.ts";
import { controllerDetails, metadataDetails } from "./metadata.ts";

/** Any object: its fields by name, in the order of the server. Values of a Secret are shown by length only. */
export function genericDetails(object: KubeObject): Detail[] {
  const { apiVersion, kind, metadata, ...rest } = object;
  const isSecret = apiVersion === "v1" && kind === "Secret";
  const shown = isSecret && "data" in rest ? { ...rest, data: lengths(rest.data) } : rest;
  return [
    ...metadataDetails(object),
    ["API Version", apiVersion],
    ["Kind", kind],
    ["Created", metadata.creationTimestamp],
    ...controllerDetails(object),
    ...fields(shown),
  ];
}

function fields(value: object): Detail[] {
  return Object.entries(value).flatMap(([name, field]) => {
    if (field === undefined) return [];
    return [[titleOf(name), detailValue(field)] as const];
  });
}

function detailValue(value: unknown): DetailValue {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object" || item === null)) return value.map(String);
    return { details: value.map((item, i) => [String(i + 1), detailValue(item)] as const) };
  }
  if (typeof value === "object" && value !== null) {
    return Object.keys(value).length === 0 ? undefined : { details: fields(value) };
  }
  return typeof value === "string" && value.includes("\n")
    ? value.split("\n")
    : (value as string | number | boolean | null);
}

/** `podCIDR` as "Pod CIDR", `app.kubernetes.io/name` as it is. */
function titleOf(name: string): string {
  if (!/^[a-z][A-Za-z]*$/.test(name)) return name;
  const words = name.replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function lengths(data: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries((data ?? {}) as Record<string, string>).map(([key, value]) => [
      key,
      `${Buffer.from(value, "base64").length} bytes`,
    ]),
  );
}
