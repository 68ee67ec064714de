import { type Static, Type } from "@sinclair/typebox";
import type { FieldError, Kind } from "../kind.ts";
import { invalid } from "../schema/field-errors.ts";
import { qualifiedName } from "../schema/names.ts";
import { compareQuantities } from "../schema/quantity.ts";
import { ageColumn, defineKind, definitions, nameColumn, objectSchema, quantityMap } from "./define.ts";

const prefix = "io.k8s.api.core.v1";
const type = { group: "", version: "v1", kind: "ResourceQuota" };
const core = definitions(prefix);

const schema = objectSchema(type, prefix, "How much there may be of what in a namespace.", {
  spec: Type.Optional(
    core("ResourceQuotaSpec", "The limits.", {
      hard: Type.Optional(
        quantityMap(
          "At most so much: pods, requests.cpu, requests.memory, limits.cpu, limits.memory, configmaps, secrets, count/<resource>.<group>.",
        ),
      ),
    }),
  ),
  status: Type.Optional(
    core("ResourceQuotaStatus", "What is used.", {
      hard: Type.Optional(quantityMap("The limits that are held.")),
      used: Type.Optional(quantityMap("What there is.")),
    }),
  ),
});

export type ResourceQuota = Static<typeof schema>;

export const ResourceQuota: Kind<ResourceQuota> = defineKind<ResourceQuota>({
  ...type,
  plural: "resourcequotas",
  namespaced: true,
  shortNames: ["quota"],
  subresources: ["status"],
  schema,
  columns: [
    nameColumn,
    {
      name: "Request",
      type: "string",
      description: "What is used of what is requested or counted.",
      value: (quota) => usage(quota, (name) => !name.startsWith("limits.")),
    },
    {
      name: "Limit",
      type: "string",
      description: "What is used of the limits.",
      value: (quota) => usage(quota, (name) => name.startsWith("limits.")),
    },
    ageColumn,
  ],
  validate({ spec }) {
    const errors: FieldError[] = [];
    for (const [name, amount] of Object.entries(spec?.hard ?? {})) {
      const field = `spec.hard[${name}]`;
      errors.push(...qualifiedName(name).map((problem) => invalid(field, name, problem)));
      if (compareQuantities(amount, "0") < 0) {
        errors.push(invalid(field, amount, "must be greater than or equal to 0"));
      }
    }
    return errors;
  },
});

/** `pods: 1/3, requests.cpu: 0/2`, as kubectl prints it. */
function usage({ spec, status }: ResourceQuota, isMeant: (name: string) => boolean): string {
  const hard = Object.entries(status?.hard ?? spec?.hard ?? {}).filter(([name]) => isMeant(name));
  return hard
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}: ${status?.used?.[name] ?? "0"}/${amount}`)
    .join(", ");
}
