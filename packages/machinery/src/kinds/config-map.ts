import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { validateKeyedData } from "./data-rules.ts";
import { ageColumn, defineKind, flag, nameColumn, objectSchema, stringMap } from "./define.ts";

const type = { group: "", version: "v1", kind: "ConfigMap" };

const schema = objectSchema(type, "io.k8s.api.core.v1", "Configuration data for pods to use.", {
  data: Type.Optional(stringMap("Text by key.")),
  binaryData: Type.Optional(
    Type.Unsafe<Record<string, string>>({
      type: "object",
      additionalProperties: { type: "string", format: "byte" },
      description: "Bytes in base64, by key.",
    }),
  ),
  immutable: Type.Optional(flag("The data cannot be changed any more; only deletion is left.")),
});

export type ConfigMap = Static<typeof schema>;

export const ConfigMap: Kind<ConfigMap> = defineKind<ConfigMap>({
  ...type,
  plural: "configmaps",
  namespaced: true,
  shortNames: ["cm"],
  schema,
  columns: [
    nameColumn,
    {
      name: "Data",
      type: "string",
      description: "Number of keys.",
      value: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    },
    ageColumn,
  ],
  validate: validateKeyedData,
});
