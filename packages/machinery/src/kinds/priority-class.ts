import { type Static, Type } from "@sinclair/typebox";
import type { FieldError, Kind } from "../kind.ts";
import { forbidden } from "../schema/field-errors.ts";
import { ageColumn, defineKind, flag, int32, nameColumn, objectSchema, oneOf, text } from "./define.ts";

/** What is above is the system's own. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;

const type = { group: "scheduling.k8s.io", version: "v1", kind: "PriorityClass" };

const schema = objectSchema(type, "io.k8s.api.scheduling.v1", "A name for how important pods are.", {
  value: int32("The priority; higher is more important."),
  globalDefault: Type.Optional(flag("Used for pods that name no class.")),
  description: Type.Optional(text("When to use this class.")),
  preemptionPolicy: Type.Optional(
    oneOf(["PreemptLowerPriority", "Never"], "Whether pods of this class may take the place of others.", {
      default: "PreemptLowerPriority",
    }),
  ),
});

export type PriorityClass = Static<typeof schema>;

export const PriorityClass: Kind<PriorityClass> = defineKind<PriorityClass>({
  ...type,
  plural: "priorityclasses",
  namespaced: false,
  shortNames: ["pc"],
  schema,
  columns: [
    nameColumn,
    { name: "Value", type: "integer", description: "The priority.", value: (priorityClass) => priorityClass.value },
    {
      name: "Global-Default",
      type: "boolean",
      description: "Used for pods that name no class.",
      value: (priorityClass) => priorityClass.globalDefault ?? false,
    },
    ageColumn,
    {
      name: "PreemptionPolicy",
      type: "string",
      description: "Whether pods of this class may take the place of others.",
      value: (priorityClass) => priorityClass.preemptionPolicy ?? "PreemptLowerPriority",
    },
  ],
  validate(priorityClass, old) {
    const errors: FieldError[] = [];
    const { value, metadata } = priorityClass;
    if (value > HIGHEST_USER_PRIORITY && !metadata.name.startsWith("system-")) {
      errors.push(forbidden("value", `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
    }
    if (old && value !== old.value) errors.push(forbidden("value", "may not be changed in an update"));
    return errors;
  },
});
