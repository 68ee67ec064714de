import type { KubeObject, ObjectList } from "@drydock/machinery";
import { getJson } from "../api/raw.ts";
import { displayName } from "../api/resource.ts";
import type { Session } from "../api/session.ts";
import { notThen, readPath } from "../api/table.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";
import type { OutputFormat } from "./format.ts";
import type { Query } from "./query.ts";

/** Prints whole objects: one as it is, several as a v1 List, or their names. */
export async function printObjects(session: Session, queries: readonly Query[], format: OutputFormat): Promise<void> {
  const answers = await Promise.all(queries.map((query) => objectsOf(session, query)));
  if (format === "name") {
    for (const [i, objects] of answers.entries()) {
      const type = queries[i]?.type;
      if (type) for (const object of objects) print(`${displayName(type)}/${object.metadata.name}`);
    }
    return;
  }
  const objects = answers.flat();
  const single = queries.length === 1 && queries[0]?.name !== undefined;
  const shown = single
    ? objects[0]
    : { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items: objects };
  print(await objectText(shown, format === "json" ? "json" : "yaml"));
}

async function objectsOf({ client }: Session, query: Query): Promise<KubeObject[]> {
  const { type, name, at } = query;
  const path = readPath(type, query);
  if (name !== undefined && at === undefined) return [await getJson<KubeObject>(client, path)];
  const list = await getJson<ObjectList<KubeObject>>(client, path);
  if (name !== undefined && list.items.length === 0) throw notThen(type, query);
  // Items of a list carry no apiVersion and kind of their own; printed apart they need them.
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  return list.items.map((item) => ({ ...item, apiVersion, kind: type.kind }));
}
