import type { KubeObject } from "@drydock/machinery";

/** An object as a document. managedFields are left out of both, as kubectl does: they are for the server. */
export async function objectText(object: unknown, format: "json" | "yaml"): Promise<string> {
  const shown = withoutManagedFields(object);
  if (format === "json") return `${JSON.stringify(shown, null, 4)}\n`;
  const { stringify } = await import("yaml");
  // Version 1.1 quotes "yes" and "0644", which other readers of Kubernetes YAML take for a boolean and an octal number.
  return stringify(shown, { version: "1.1", lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false });
}

function withoutManagedFields(object: unknown): unknown {
  if (typeof object !== "object" || object === null) return object;
  if ("items" in object && Array.isArray(object.items)) {
    return { ...object, items: object.items.map(withoutManagedFields) };
  }
  const { metadata } = object as Partial<KubeObject>;
  if (!metadata?.managedFields) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
