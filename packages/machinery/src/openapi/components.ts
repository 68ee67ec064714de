import type { JsonSchema } from "../schema/json-schema.ts";

export type OpenApiSchema = Record<string, unknown>;

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const prefix = "#/components/schemas/";

/** Scalars that have a name of their own in Kubernetes' documents; clients print it. */
const scalars = {
  quantity: {
    name: "io.k8s.apimachinery.pkg.api.resource.Quantity",
    schema: { oneOf: [{ type: "string" }, { type: "number" }] },
  },
  "int-or-string": {
    name: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    schema: {
      format: "int-or-string",
      oneOf: [{ type: "integer" }, { type: "string" }],
    },
  },
  "date-time": {
    name: `${meta}.Time`,
    schema: { type: "string", format: "date-time" },
  },
  "micro-time": {
    name: `${meta}.MicroTime`,
    schema: { type: "string", format: "date-time" },
  },
} as const;

/** The named schemas of one document. Every definition becomes a component once; fields refer to it. */
export class Components {
  readonly schemas: Record<string, OpenApiSchema> = {};

  /** Adds a definition with all that it is made of, and returns the reference to it. */
  define(schema: JsonSchema): OpenApiSchema {
    const name = schema["x-drydock-definition"];
    if (name === undefined) throw new Error("a schema without a name cannot be a component");
    if (this.schemas[name] === undefined) {
      // Entered before its fields are walked, so that a definition could contain itself.
      this.schemas[name] = {};
      const { description, ...rest } = this.#inline(schema);
      // Clients print the words of a field and of its type one after the other; ours are the field's. An object is no field.
      const isWhole = schema["x-kubernetes-group-version-kind"] !== undefined;
      this.schemas[name] = isWhole ? { description, ...rest } : rest;
    }
    return reference(name);
  }

  #field(schema: JsonSchema): OpenApiSchema {
    if (schema["x-drydock-definition"] !== undefined) {
      return withOwn(schema, this.define(schema), { description: schema.description });
    }
    const scalar = schema["x-kubernetes-int-or-string"] ? "int-or-string" : schema.format;
    if (!isNamedScalar(scalar)) return this.#inline(schema);
    const { name, schema: component } = scalars[scalar];
    this.schemas[name] ??= component;
    return withOwn(schema, reference(name), { description: schema.description });
  }

  /** What a list or map holds: the words are those of the list. */
  #item(schema: JsonSchema): OpenApiSchema {
    return schema["x-drydock-definition"] === undefined ? this.#field(schema) : this.define(schema);
  }

  #inline(schema: JsonSchema): OpenApiSchema {
    const { properties, items, additionalProperties, ...rest } = schema;
    return {
      // Also drops TypeBox' symbols, which are not JSON.
      ...Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith("x-drydock-"))),
      ...(properties ? { properties: this.#each(properties) } : {}),
      ...(items ? { items: this.#item(items) } : {}),
      ...(typeof additionalProperties === "object"
        ? { additionalProperties: this.#item(additionalProperties) }
        : additionalProperties === undefined
          ? {}
          : { additionalProperties }),
    };
  }

  #each(properties: Readonly<Record<string, JsonSchema>>): Record<string, OpenApiSchema> {
    return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, this.#field(schema)]));
  }
}

export function reference(name: string): OpenApiSchema {
  return { $ref: `${prefix}${name}` };
}

/** What stands beside a $ref is ignored by readers, so the field's own words go around it, as Kubernetes does. */
function withOwn(schema: JsonSchema, ref: OpenApiSchema, own: OpenApiSchema): OpenApiSchema {
  const set = Object.entries({ ...own, default: schema.default }).filter(([, value]) => value !== undefined);
  return set.length === 0 ? ref : { allOf: [ref], ...Object.fromEntries(set) };
}

function isNamedScalar(name: string | undefined): name is keyof typeof scalars {
  return name !== undefined && Object.hasOwn(scalars, name);
}
