import { isDeepStrictEqual } from "node:util";
import { apiVersionOf, type Kind, type KubeObject, type ManagedFieldsEntry } from "@drydock/machinery";
import { fieldsOf } from "./fields-of.ts";
import { identityOf, type Manager, type Managers, readManagers, writeManagers } from "./managers.ts";
import { ownable } from "./owned-fields.ts";
import { trackCreate, trackUpdate } from "./track-update.ts";

/** Who writes: the manager that a request names, without what it owns. */
export type Writer = Omit<Manager, "fields">;

export function writerOf(
  kind: Kind,
  fieldManager: string,
  operation: Manager["operation"],
  subresource: string,
  now: string,
): Writer {
  return { manager: fieldManager, operation, apiVersion: apiVersionOf(kind), subresource, time: now };
}

/** Notes who made a new object. Changes it. */
export function noteCreate(kind: Kind, object: KubeObject, by: Writer): void {
  setEntries(object, writeManagers(trackCreate(kind.schema, object, by)));
}

/**
 * Notes who owns what after an update. A client may set the owners itself by sending others than it was given; an empty
 * entry means that nobody is to own anything (`[{}]`). An object from before its owners were noted stays without.
 * Changes `next`.
 */
export function noteUpdate(
  kind: Kind,
  next: KubeObject,
  old: KubeObject,
  given: readonly ManagedFieldsEntry[] | undefined,
  by: Writer,
): void {
  const own = old.metadata.managedFields;
  const known = by.subresource === "" ? ownersGiven(given, own) : readManagers(own);
  if (own === undefined && known.size === 0) {
    delete next.metadata.managedFields;
    return;
  }
  setEntries(next, writeManagers(trackUpdate(kind.schema, old, next, known, by)));
  // Entries that say the same are the same, also when their fields are listed in another order.
  if (own && isDeepStrictEqual(next.metadata.managedFields, own)) next.metadata.managedFields = own;
}

function ownersGiven(
  given: readonly ManagedFieldsEntry[] | undefined,
  own: readonly ManagedFieldsEntry[] | undefined,
): Managers {
  const [first] = given ?? [];
  if (given?.length === 1 && first && Object.keys(first).length === 0) return new Map();
  const read = readManagers(given);
  return read.size > 0 ? read : readManagers(own);
}

/** The owners of an object's fields; whoever was there before owners were noted owns all of it, by that name. */
export function ownersFor(kind: Kind, object: KubeObject): Managers {
  const { managedFields } = object.metadata;
  if (managedFields !== undefined) return readManagers(managedFields);
  const by = writerOf(kind, "before-first-apply", "Update", "", object.metadata.creationTimestamp ?? "");
  const fields = ownable(fieldsOf(kind.schema, object)).without([["f:status"]]);
  return new Map([[identityOf(by), { ...by, time: by.time || undefined, fields }]]);
}

export function setEntries({ metadata }: KubeObject, entries: ManagedFieldsEntry[]): void {
  if (entries.length > 0) metadata.managedFields = entries;
  else delete metadata.managedFields;
}
