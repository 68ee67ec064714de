import { failure } from "../errors.ts";
import type { Kind } from "../kind.ts";
import type { KubeObject } from "../object.ts";

export interface FieldRequirement {
  field: string;
  equal: boolean;
  value: string;
}

/**
 * Reads `spec.nodeName=node-1,status.phase!=Running`; a backslash escapes `,`, `=` and itself (k8s.io/apimachinery/pkg/fields).
 * Throws SELECTOR_INVALID.
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const terms = text.match(/(?:[^\\,]|\\.)+/gs) ?? [];
  return terms.map((term) => {
    const match = /^((?:[^\\=!]|\\.)+?)(==|!=|=)((?:[^\\=]|\\.)*)$/s.exec(term);
    if (match === null) {
      throw failure("SELECTOR_INVALID", `invalid field selector "${text}": cannot understand '${term}'`, {
        hint: "write it like spec.nodeName=node-1,status.phase!=Running",
      });
    }
    const [, field = "", operator, value = ""] = match;
    return { field: field.trim(), equal: operator !== "!=", value: value.replace(/\\(.)/gs, "$1") };
  });
}

export function formatFieldSelector(requirements: readonly FieldRequirement[]): string {
  return requirements
    .map(({ field, equal, value }) => `${field}${equal ? "=" : "!="}${value.replace(/[\\,=]/g, "\\$&")}`)
    .join(",");
}

/**
 * The rules as a function on objects of `kind`. A field that the kind is not selectable by is refused by name: SELECTOR_INVALID.
 */
export function fieldMatcher<T extends KubeObject>(
  kind: Pick<Kind<T>, "kind" | "selectableFields">,
  requirements: readonly FieldRequirement[],
): (object: T) => boolean {
  const tests = requirements.map(({ field, equal, value }) => {
    const read = always[field] ?? kind.selectableFields[field];
    if (read === undefined) {
      const known = [...Object.keys(always), ...Object.keys(kind.selectableFields)].join(", ");
      throw failure("SELECTOR_INVALID", `field label not supported: ${field}`, {
        hint: `${kind.kind} objects are selected by ${known}`,
      });
    }
    return (object: T) => (read(object) === value) === equal;
  });
  return (object) => tests.every((test) => test(object));
}

const always: Readonly<Record<string, (object: KubeObject) => string>> = {
  "metadata.name": ({ metadata }) => metadata.name,
  "metadata.namespace": ({ metadata }) => metadata.namespace ?? "",
};
