import type { ManagedFieldsEntry } from "@drydock/machinery";
import { FieldSet } from "./field-set.ts";

/** Who owns which fields, and how they came by them. */
export interface Manager {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  /** "" for the object itself. */
  subresource: string;
  /** When the set of fields changed last, RFC 3339. */
  time: string | undefined;
  fields: FieldSet;
}

/** Managers by identity: an applier is the same whatever version it speaks, since it states everything anew each time. */
export type Managers = ReadonlyMap<string, Manager>;

/** More managers by update than these are taken together as `ancient-changes`, oldest first (upstream's limit). */
const mostUpdaters = 10;
const ancient = "ancient-changes";

export function identityOf(manager: Omit<Manager, "fields" | "time">): string {
  const { operation, subresource } = manager;
  return JSON.stringify([manager.manager, operation, subresource, operation === "Apply" ? "" : manager.apiVersion]);
}

export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers = new Map<string, Manager>();
  for (const { manager = "", operation, apiVersion = "", subresource = "", time, fieldsV1 } of entries ?? []) {
    if (operation !== "Apply" && operation !== "Update") continue;
    const read = { manager, operation, apiVersion, subresource, time, fields: FieldSet.fromJson(fieldsV1) };
    managers.set(identityOf(read), read);
  }
  return managers;
}

/** The managers that own something, as objects carry them: appliers first, then by time and name. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] {
  const owning = [...managers.values()].filter(({ fields }) => !fields.isEmpty);
  return capped(owning.sort(inOrder)).map(({ manager, operation, apiVersion, time, fields, subresource }) => ({
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: fields.toJson(),
    ...(subresource === "" ? {} : { subresource }),
  }));
}

function inOrder(a: Manager, b: Manager): number {
  const keyOf = ({ operation, time, manager, subresource }: Manager) => [operation, time ?? "", manager, subresource];
  const [left, right] = [keyOf(a), keyOf(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  if (at < 0) return 0;
  return (left[at] as string) < (right[at] as string) ? -1 : 1;
}

function capped(managers: Manager[]): Manager[] {
  const updaters = managers.filter(({ operation }) => operation === "Update");
  const many = updaters.slice(0, Math.max(0, updaters.length - mostUpdaters + 1));
  const [first] = many;
  if (many.length < 2 || !first) return managers;
  const fields = many.reduce((all, one) => all.union(one.fields), new FieldSet());
  const merged = { ...first, manager: ancient, subresource: "", time: many.at(-1)?.time, fields };
  const rest = managers.filter((manager) => !many.includes(manager));
  return [...rest, merged].sort(inOrder);
}

/** The same managers with other fields; one whose fields are the same keeps its time. */
export function withFields(managers: Managers, next: Manager): Managers {
  const identity = identityOf(next);
  const known = managers.get(identity);
  const time = known?.fields.equals(next.fields) ? known.time : next.time;
  return new Map(managers).set(identity, { ...next, time });
}

/** Takes fields away from everybody but one. */
export function takenFromOthers(managers: Managers, identity: string, fields: FieldSet): Managers {
  return new Map(
    [...managers].map(([key, manager]) =>
      key === identity ? [key, manager] : [key, { ...manager, fields: manager.fields.difference(fields) }],
    ),
  );
}
