import type { JsonSchema } from "@drydock/machinery";
import { compareFields } from "./compare-fields.ts";
import { FieldSet } from "./field-set.ts";
import { fieldsOf } from "./fields-of.ts";
import { identityOf, type Manager, type Managers, takenFromOthers, withFields } from "./managers.ts";
import { ownable } from "./owned-fields.ts";

/**
 * Who owns what after an update: whoever changes a field owns it from now on, and a field that is gone has no owner
 * (structured-merge-diff, merge/update.go). Pure.
 */
export function trackUpdate(
  schema: JsonSchema,
  before: object,
  after: object,
  managers: Managers,
  by: Omit<Manager, "fields">,
): Managers {
  const { changed, removed } = compareFields(schema, before, after);
  const taken = ownable(changed);
  const identity = identityOf(by);
  const others = takenFromOthers(managers, identity, taken.union(removed));
  const had = managers.get(identity)?.fields ?? new FieldSet();
  const fields = had.difference(removed).union(taken);
  return fields.isEmpty && !managers.has(identity) ? others : withFields(others, { ...by, fields });
}

/** Who owns what of a new object: its maker, all of it. */
export function trackCreate(schema: JsonSchema, object: object, by: Omit<Manager, "fields">): Managers {
  return new Map([[identityOf(by), { ...by, fields: ownable(fieldsOf(schema, object)) }]]);
}
