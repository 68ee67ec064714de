import { type Static, Type } from "@sinclair/typebox";
import type { FieldError, Kind } from "../kind.ts";
import { invalid } from "../schema/field-errors.ts";
import { observedConditionFields } from "./condition.ts";
import {
  ageColumn,
  defineKind,
  definitions,
  int32,
  int64,
  intOrString,
  mapList,
  nameColumn,
  objectSchema,
  oneOf,
} from "./define.ts";
import { LabelSelectorSchema } from "./label-selector.ts";

const prefix = "io.k8s.api.policy.v1";
const type = { group: "policy", version: "v1", kind: "PodDisruptionBudget" };
const policy = definitions(prefix);
const meta = definitions("io.k8s.apimachinery.pkg.apis.meta.v1");

const schema = objectSchema(type, prefix, "How many pods of a set may be taken away on purpose at a time.", {
  spec: Type.Optional(
    policy("PodDisruptionBudgetSpec", "The pods and the limit.", {
      minAvailable: Type.Optional(
        intOrString("Healthy pods that must be left after an eviction: a number, or a share, rounded up."),
      ),
      selector: Type.Optional({ ...LabelSelectorSchema, "x-kubernetes-patch-strategy": "replace" }),
      maxUnavailable: Type.Optional(
        intOrString("Pods that may be missing after an eviction: a number, or a share, rounded up."),
      ),
      unhealthyPodEvictionPolicy: Type.Optional(
        oneOf(
          ["IfHealthyBudget", "AlwaysAllow"],
          "Whether pods that run without being ready may go only while enough others are healthy.",
        ),
      ),
    }),
  ),
  status: Type.Optional(
    policy("PodDisruptionBudgetStatus", "What is seen of the pods.", {
      observedGeneration: Type.Optional(int64("Generation that the status was computed from.")),
      disruptedPods: Type.Optional(
        Type.Unsafe<Record<string, string>>({
          type: "object",
          additionalProperties: { type: "string", format: "date-time" },
          description: "Pods that were evicted and are still there, with the time.",
        }),
      ),
      disruptionsAllowed: int32("Pods that may be evicted now."),
      currentHealthy: int32("Healthy pods."),
      desiredHealthy: int32("Healthy pods that must be left."),
      expectedPods: int32("Pods that are counted."),
      conditions: Type.Optional(
        mapList(
          meta("Condition", "One aspect of an object's state.", observedConditionFields),
          ["type"],
          "DisruptionAllowed.",
        ),
      ),
    }),
  ),
});

export type PodDisruptionBudget = Static<typeof schema>;

export const PodDisruptionBudget: Kind<PodDisruptionBudget> = defineKind<PodDisruptionBudget>({
  ...type,
  plural: "poddisruptionbudgets",
  namespaced: true,
  shortNames: ["pdb"],
  subresources: ["status"],
  schema,
  columns: [
    nameColumn,
    {
      name: "Min Available",
      type: "string",
      description: "Healthy pods that must be left.",
      value: ({ spec }) => String(spec?.minAvailable ?? "N/A"),
    },
    {
      name: "Max Unavailable",
      type: "string",
      description: "Pods that may be missing.",
      value: ({ spec }) => String(spec?.maxUnavailable ?? "N/A"),
    },
    {
      name: "Allowed Disruptions",
      type: "integer",
      description: "Pods that may be evicted now.",
      value: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ],
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
      errors.push(invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
    }
    for (const field of ["minAvailable", "maxUnavailable"] as const) {
      const value = spec?.[field];
      if (value === undefined) continue;
      if (typeof value === "number" && value < 0) {
        errors.push(invalid(`spec.${field}`, value, "must be greater than or equal to 0"));
      }
      if (typeof value === "string" && !/^(100|[0-9]{1,2})%$/.test(value)) {
        errors.push(invalid(`spec.${field}`, value, "must be a number, or a share of at most 100% such as 50%"));
      }
    }
    return errors;
  },
});
