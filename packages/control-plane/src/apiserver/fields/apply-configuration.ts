import type { JsonSchema } from "@drydock/machinery";
import { compareFields } from "./compare-fields.ts";
import { type Conflict, refuseConflicts } from "./conflicts.ts";
import { FieldSet } from "./field-set.ts";
import { fieldsOf } from "./fields-of.ts";
import { identityOf, type Manager, type Managers, takenFromOthers, withFields } from "./managers.ts";
import { mergeConfiguration } from "./merge-configuration.ts";
import { ownable } from "./owned-fields.ts";
import { pruneFields } from "./prune-fields.ts";

export interface Application<T extends object> {
  schema: JsonSchema;
  live: T;
  /** What the applier wants, without defaults. */
  configuration: object;
  managers: Managers;
  by: Omit<Manager, "fields">;
  force: boolean;
}

/**
 * Server-side apply: what is stated is there afterwards and belongs to the applier; what it stated before and does not
 * now is gone, unless somebody else owns it; what others own is changed only by force. Pure; follows
 * structured-merge-diff, merge/update.go. Throws REQUEST_CONFLICT with all fields that others own.
 */
export function applyConfiguration<T extends object>(application: Application<T>): { object: T; managers: Managers } {
  const { schema, live, configuration, managers, by, force } = application;
  const identity = identityOf(by);
  const fields = ownable(fieldsOf(schema, configuration));
  const last = managers.get(identity)?.fields ?? new FieldSet();
  const others = [...managers].filter(([key]) => key !== identity).map(([, manager]) => manager);
  const kept = others.reduce((all, { fields: owned }) => all.union(owned), fields);
  const merged = mergeConfiguration(schema, live, configuration);
  const object = pruneFields(schema, merged, last, kept) as T;
  const { changed, removed } = compareFields(schema, live, object);
  const conflicts: Conflict[] = others
    .map((owner) => ({ owner, fields: owner.fields.intersection(changed) }))
    .filter((conflict) => !conflict.fields.isEmpty);
  if (conflicts.length > 0 && !force) throw refuseConflicts(conflicts);
  const lost = conflicts.reduce((all, conflict) => all.union(conflict.fields), removed);
  return { object, managers: withFields(takenFromOthers(managers, identity, lost), { ...by, fields }) };
}
