/** One rule of a label selector; all rules of a selector must hold. */
export type LabelRequirement =
  | { key: string; operator: "in" | "notin"; values: readonly string[] }
  | { key: string; operator: "exists" | "absent" }
  | { key: string; operator: "gt" | "lt"; value: number };

export type Labels = Readonly<Record<string, string>>;

/** `notin` also holds for an object without the label, as in Kubernetes. Pure. */
export function matchesLabels(requirements: readonly LabelRequirement[], labels: Labels = {}): boolean {
  return requirements.every((requirement) => holds(requirement, labels));
}

function holds(requirement: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "notin":
      return value === undefined || !requirement.values.includes(value);
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
    case "gt":
      return integerOf(value) > requirement.value;
    case "lt":
      return integerOf(value) < requirement.value;
  }
}

/** NaN, which is neither more nor less than anything, for what is no integer. */
function integerOf(value: string | undefined): number {
  return value !== undefined && /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
}

/** The rules as text that parseLabelSelector reads back. */
export function formatLabelRequirements(requirements: readonly LabelRequirement[]): string {
  return requirements.map(formatOne).join(",");
}

function formatOne(requirement: LabelRequirement): string {
  const { key } = requirement;
  switch (requirement.operator) {
    case "in":
    case "notin":
      if (requirement.values.length === 1)
        return `${key}${requirement.operator === "in" ? "=" : "!="}${requirement.values[0]}`;
      return `${key} ${requirement.operator} (${[...requirement.values].sort().join(",")})`;
    case "exists":
      return key;
    case "absent":
      return `!${key}`;
    case "gt":
      return `${key}>${requirement.value}`;
    case "lt":
      return `${key}<${requirement.value}`;
  }
}
