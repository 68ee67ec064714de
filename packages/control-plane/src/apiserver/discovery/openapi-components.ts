import type { JsonSchema, Kind } from "@drydock/machinery";

type Schema = Record<string, unknown>;

const metaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1";

/**
 * Turns the kinds' schemas into the components of an OpenAPI document: every part that has a name becomes a component
 * of its own, and is referred to where it was.
 */
export function componentsOf(kinds: readonly Kind[]): { schemas: Record<string, Schema>; nameOf(kind: Kind): string } {
  const schemas: Record<string, Schema> = {
    [`${metaPrefix}.Patch`]: { type: "object", description: "A change to an object." },
  };

  function convert(schema: JsonSchema): Schema {
    const name = schema["x-drydock-definition"];
    if (name === undefined) return inline(schema);
    const { description, default: initial, ...rest } = schema;
    // kubectl explain prints the description of a field and then that of its type: only kinds, which are no field of
    // anything, have the latter.
    const isKind = schema["x-kubernetes-group-version-kind"] !== undefined;
    if (!schemas[name]) {
      schemas[name] = {};
      schemas[name] = inline(isKind && description !== undefined ? { ...rest, description } : rest);
    }
    return {
      allOf: [{ $ref: `#/components/schemas/${name}` }],
      ...(description === undefined ? {} : { description }),
      ...(initial === undefined ? {} : { default: initial }),
    };
  }

  function inline(schema: JsonSchema): Schema {
    const result: Schema = {};
    for (const [key, value] of Object.entries(schema)) {
      if (key.startsWith("x-drydock-")) continue;
      if (key === "properties") {
        result.properties = Object.fromEntries(
          Object.entries(value as Record<string, JsonSchema>).map(([field, inner]) => [field, convert(inner)]),
        );
      } else if (key === "items" || (key === "additionalProperties" && typeof value === "object")) {
        result[key] = convert(value as JsonSchema);
      } else if (key === "x-kubernetes-int-or-string") {
        result.format = "int-or-string";
        result.oneOf = [{ type: "integer" }, { type: "string" }];
      } else {
        result[key] = value;
      }
    }
    return result;
  }

  const names = new Map<Kind, string>();
  for (const kind of kinds) {
    const schema = kind.schema as JsonSchema;
    const name = schema["x-drydock-definition"] ?? `${kind.group || "core"}.${kind.version}.${kind.kind}`;
    convert({ ...schema, "x-drydock-definition": name });
    names.set(kind, name);
  }
  return { schemas, nameOf: (kind) => names.get(kind) as string };
}
