import type { FieldSet } from "./field-set.ts";

/** Fields that nobody owns: they say what the object is, or are the server's. */
const unowned = [
  ["f:apiVersion"],
  ["f:kind"],
  ...[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generateName",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
  ].map((field) => ["f:metadata", `f:${field}`]),
];

export function ownable(fields: FieldSet): FieldSet {
  return fields.without(unowned);
}
