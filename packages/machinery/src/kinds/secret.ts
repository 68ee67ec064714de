import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { invalid } from "../schema/field-errors.ts";
import { validateKeyedData } from "./data-rules.ts";
import { ageColumn, defineKind, flag, nameColumn, objectSchema, stringMap, text } from "./define.ts";

const type = { group: "", version: "v1", kind: "Secret" };

const schema = objectSchema(type, "io.k8s.api.core.v1", "Data that is not for everybody's eyes.", {
  data: Type.Optional(
    Type.Unsafe<Record<string, string>>({
      type: "object",
      additionalProperties: { type: "string", format: "byte" },
      description: "Bytes in base64, by key.",
    }),
  ),
  stringData: Type.Optional(stringMap("Text by key; written only, the server moves it into data.")),
  immutable: Type.Optional(flag("The data cannot be changed any more; only deletion is left.")),
  type: Type.Optional(text("What the data is for; cannot be changed.", { default: "Opaque" })),
});

export type Secret = Static<typeof schema>;

export const Secret: Kind<Secret> = defineKind<Secret>({
  ...type,
  plural: "secrets",
  namespaced: true,
  schema,
  columns: [
    nameColumn,
    { name: "Type", type: "string", description: "What the data is for.", value: (secret) => secret.type ?? "" },
    {
      name: "Data",
      type: "string",
      description: "Number of keys.",
      value: (secret) => Object.keys(secret.data ?? {}).length,
    },
    ageColumn,
  ],
  selectableFields: { type: (secret) => secret.type ?? "" },
  setDefaults(secret) {
    if (secret.stringData === undefined) return;
    secret.data ??= {};
    for (const [key, value] of Object.entries(secret.stringData)) {
      secret.data[key] = Buffer.from(value, "utf8").toString("base64");
    }
    delete secret.stringData;
  },
  validate(secret, old) {
    const errors = validateKeyedData(secret, old);
    if (old && secret.type !== old.type) errors.push(invalid("type", secret.type, "field is immutable"));
    return errors;
  },
});
