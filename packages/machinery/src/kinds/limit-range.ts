import { type Static, Type } from "@sinclair/typebox";
import type { FieldError, Kind } from "../kind.ts";
import { forbidden, invalid } from "../schema/field-errors.ts";
import { compareQuantities } from "../schema/quantity.ts";
import {
  atomicList,
  createdAtColumn,
  defineKind,
  definitions,
  nameColumn,
  objectSchema,
  oneOf,
  quantityMap,
} from "./define.ts";

const prefix = "io.k8s.api.core.v1";
const type = { group: "", version: "v1", kind: "LimitRange" };
const core = definitions(prefix);

const ItemSchema = core("LimitRangeItem", "Limits for one kind of thing.", {
  type: oneOf(["Container", "Pod"], "Each container, or all containers of a pod together."),
  max: Type.Optional(quantityMap("A limit may be at most so much.")),
  min: Type.Optional(quantityMap("A request must be at least so much.")),
  default: Type.Optional(quantityMap("The limit of containers that state none.")),
  defaultRequest: Type.Optional(quantityMap("The request of containers that state none.")),
});
export type LimitRangeItem = Static<typeof ItemSchema>;

const schema = objectSchema(type, prefix, "What a pod or container may ask for in a namespace.", {
  spec: Type.Optional(
    core("LimitRangeSpec", "The limits.", { limits: atomicList(ItemSchema, "Limits by kind of thing.") }),
  ),
});

export type LimitRange = Static<typeof schema>;

export const LimitRange: Kind<LimitRange> = defineKind<LimitRange>({
  ...type,
  plural: "limitranges",
  namespaced: true,
  shortNames: ["limits"],
  schema,
  columns: [nameColumn, createdAtColumn],
  setDefaults({ spec }) {
    for (const item of spec?.limits ?? []) if (item.type === "Container") fillDefaults(item);
  },
  validate: ({ spec }) => (spec?.limits ?? []).flatMap((item, i) => validateItem(item, `spec.limits[${i}]`)),
});

/** What is not stated follows from what is (kubernetes/pkg/apis/core/v1/defaults.go). */
function fillDefaults(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

function validateItem(item: LimitRangeItem, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ["default", "defaultRequest"] as const) {
    if (item.type === "Pod" && item[field])
      errors.push(forbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
  }
  const order = ["min", "defaultRequest", "default", "max"] as const;
  for (const name of new Set(order.flatMap((field) => Object.keys(item[field] ?? {})))) {
    const stated = order.filter((field) => item[field]?.[name] !== undefined);
    for (const [i, field] of stated.entries()) {
      const next = stated[i + 1];
      const value = item[field]?.[name] as string;
      const limit = next && (item[next]?.[name] as string);
      if (next && limit && compareQuantities(value, limit) > 0) {
        errors.push(
          invalid(`${path}.${field}[${name}]`, value, `${field} value ${value} is greater than ${next} value ${limit}`),
        );
      }
    }
  }
  return errors;
}
