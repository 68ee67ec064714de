import type { LabelSelector } from "../kinds/label-selector.ts";
import { formatLabelRequirements, type LabelRequirement, type Labels, matchesLabels } from "./label-requirement.ts";

const operators = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "absent" } as const;

/** The rules of a selector as objects carry it. */
export function requirementsOf(selector: LabelSelector): LabelRequirement[] {
  const equal = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]): LabelRequirement => ({ key, operator: "in", values: [value] }));
  const sets = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }): LabelRequirement => {
    const name = operators[operator];
    return name === "in" || name === "notin" ? { key, operator: name, values } : { key, operator: name };
  });
  return [...equal, ...sets];
}

/** As in Kubernetes no selector selects nothing, and an empty one everything. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return selector !== undefined && matchesLabels(requirementsOf(selector), labels);
}

/** The text of a selector, as `-l` takes it; empty for one without rules. */
export function formatLabelSelector(selector: LabelSelector): string {
  return formatLabelRequirements(requirementsOf(selector));
}
