import { apiVersionOf, type Kind } from "../kind.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { Components, type OpenApiSchema, reference } from "./components.ts";
import { pathsOf } from "./paths.ts";

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, OpenApiSchema>;
  components: { schemas: Record<string, OpenApiSchema> };
}

const listMeta: JsonSchema = {
  type: "object",
  description: "Where a list was read, and how to go on.",
  "x-drydock-definition": "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
  properties: {
    resourceVersion: { type: "string", description: "Revision that the list is a snapshot of." },
    continue: { type: "string", description: "Leads to the next page; empty on the last one." },
    remainingItemCount: { type: "integer", format: "int64", description: "How many objects follow this page." },
  },
};

/**
 * The OpenAPI v3 document of one group and version: what the server publishes at /openapi/v3/apis/<group>/<version>, and what `kubectl explain`,
 * `apply` and `diff` read. All `kinds` are of that group and version.
 */
export function openApiDocument(kinds: readonly Kind[], serverVersion: string): OpenApiDocument {
  const components = new Components();
  const paths: OpenApiDocument["paths"] = {};
  for (const kind of kinds) {
    const schema: JsonSchema = kind.schema;
    const object = schema["x-drydock-definition"];
    if (object === undefined) throw new Error(`the schema of ${kind.kind} has no name`);
    components.define(schema);
    components.define(listSchema(kind, object));
    // Only the list knows that its items are of this definition.
    const list = components.schemas[`${object}List`] as { properties: Record<string, OpenApiSchema> };
    list.properties.items = { type: "array", description: "The objects.", items: reference(object) };
    Object.assign(paths, pathsOf(kind, { object, list: `${object}List` }));
  }
  return {
    openapi: "3.0.0",
    info: { title: "Drydock", version: serverVersion },
    paths,
    components: { schemas: components.schemas },
  };
}

function listSchema(kind: Kind, object: string): JsonSchema {
  const { group, version } = kind;
  return {
    type: "object",
    description: `A list of ${kind.kind} objects (${apiVersionOf(kind)}).`,
    "x-drydock-definition": `${object}List`,
    "x-kubernetes-group-version-kind": [{ group, version, kind: `${kind.kind}List` }],
    required: ["items"],
    properties: {
      apiVersion: { type: "string", description: "The group and version of the list." },
      kind: { type: "string", description: "The kind of the list." },
      metadata: listMeta,
      items: { type: "array" },
    },
  };
}
