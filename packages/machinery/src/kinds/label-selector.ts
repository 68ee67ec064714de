import { type Static, Type } from "@sinclair/typebox";
import { atomicList, definitions, oneOf, stringMap, text } from "./define.ts";

const meta = definitions("io.k8s.apimachinery.pkg.apis.meta.v1");

const Requirement = meta("LabelSelectorRequirement", "A set-based rule about one label.", {
  key: text("The label."),
  operator: oneOf(["In", "NotIn", "Exists", "DoesNotExist"], "How the label is compared with the values."),
  values: Type.Optional(atomicList(Type.String(), "Values for In and NotIn; none for the others.")),
});

/** A selector as objects carry it; all rules must hold. `matchesLabelSelector` decides. */
export const LabelSelectorSchema = meta(
  "LabelSelector",
  "Selects objects by their labels: all of matchLabels and matchExpressions must hold.",
  {
    matchLabels: Type.Optional(stringMap("Labels with the values that they must have.")),
    matchExpressions: Type.Optional(atomicList(Requirement, "Set-based rules.")),
  },
  { "x-kubernetes-map-type": "atomic" },
);
export type LabelSelector = Static<typeof LabelSelectorSchema>;
export type LabelSelectorRequirement = Static<typeof Requirement>;
