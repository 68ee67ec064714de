/** The parts of a JSON schema that explain reads. */
export interface Schema {
  type?: string;
  format?: string;
  description?: string;
  enum?: readonly unknown[];
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-drydock-definition"?: string;
}

/** A type as `kubectl explain` writes it: `<[]Container>`, `<map[string]string>`, `<integer>`. */
export function typeText(schema: Schema): string {
  return `<${nameOf(schema)}>`;
}

function nameOf(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"]) return "IntOrString";
  if (schema.type === "array") return `[]${schema.items ? nameOf(schema.items) : "Object"}`;
  const definition = schema["x-drydock-definition"];
  if (definition) return definition.slice(definition.lastIndexOf(".") + 1);
  if (typeof schema.additionalProperties === "object") return `map[string]${nameOf(schema.additionalProperties)}`;
  if (schema.type === "object") return "Object";
  return schema.type ?? "Object";
}

/** The fields below a schema: those of an object, or of the items of a list. */
export function fieldsOf(schema: Schema): Record<string, Schema> {
  if (schema.properties) return schema.properties;
  return schema.items ? fieldsOf(schema.items) : {};
}

export function isRequired(schema: Schema, field: string): boolean {
  return (schema.items ?? schema).required?.includes(field) ?? false;
}
