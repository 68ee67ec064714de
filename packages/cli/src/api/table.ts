import { type Client, type KubeObject, linesOf } from "@drydock/machinery";
import { failure } from "../errors.ts";
import { getJson, queryOf } from "./raw.ts";
import { type ApiResource, pathOf } from "./resource.ts";

/** meta.k8s.io/v1 Table: the server computes the columns, so that every kind prints, also those that this program does not know. */
export interface Table {
  kind: "Table";
  metadata?: { resourceVersion?: string };
  columnDefinitions: { name: string; type: string; priority?: number }[];
  rows: { cells: (string | number | boolean | null)[]; object?: KubeObject }[];
}

export interface Selection {
  /** Undefined: all namespaces, or a cluster-scoped kind. */
  namespace: string | undefined;
  /** One object; undefined: all that the selectors match. */
  name?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** As they were at this revision; undefined: now. */
  at?: number | undefined;
}

const accept = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json";

export async function getTable(client: Client, type: ApiResource, selection: Selection): Promise<Table> {
  const table = await getJson<Table>(client, readPath(type, selection), { headers: { accept } });
  if (selection.at !== undefined && selection.name !== undefined && table.rows.length === 0)
    throw notThen(type, selection);
  return table;
}

/** The request for a selection. The past is only there as a list: one object of it is the list of those with its name. */
export function readPath(type: ApiResource, { namespace, name, labelSelector, fieldSelector, at }: Selection): string {
  if (at === undefined) return pathOf(type, namespace, name) + queryOf({ labelSelector, fieldSelector });
  const byName = name === undefined ? fieldSelector : `metadata.name=${name}`;
  const exact = { resourceVersion: at, resourceVersionMatch: "Exact" };
  return pathOf(type, namespace) + queryOf({ ...exact, labelSelector, fieldSelector: byName });
}

/** An object that was asked for by name was not there at that time. */
export function notThen(type: ApiResource, { name, at }: Selection): Error {
  return failure("CLI_NOTHING_FOUND", `${type.plural} "${name}" was not there at revision ${at}`, {
    hint: `drydock etcd history ${type.singular}/${name} shows when it was`,
  });
}

export interface TableEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: Table;
}

/** Changes after `resourceVersion`, each as a Table of one row. Ends when the server ends it. */
export async function* watchTable(
  client: Client,
  type: ApiResource,
  { namespace, name, labelSelector, fieldSelector }: Selection,
  resourceVersion: string,
  signal?: AbortSignal,
): AsyncGenerator<TableEvent> {
  const byName = name === undefined ? fieldSelector : `metadata.name=${name}`;
  const query = queryOf({ watch: true, resourceVersion, labelSelector, fieldSelector: byName });
  const { body } = await client.stream("GET", pathOf(type, namespace) + query, {
    headers: { accept },
    ...(signal ? { signal } : {}),
  });
  for await (const line of linesOf(body)) yield JSON.parse(line) as TableEvent;
}
