import { type Client, type KubeObject, linesOf, type ObjectList } from "@drydock/machinery";
import { getJson, queryOf } from "../api/raw.ts";
import { displayName, pathOf } from "../api/resource.ts";
import { getTable, type Selection, watchTable } from "../api/table.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";
import { alignedLine, cellText, columnWidths } from "../output/table.ts";
import type { Query, Shape } from "./query.ts";
import { isWide, viewOf } from "./table-text.ts";

/**
 * Prints what there is and then every change, until Ctrl-C. The server may end a watch at any time: it is taken up where it ended, and when
 * that point has been forgotten (410 Gone), the list is printed again.
 */
export async function watchObjects(client: Client, query: Query, shape: Shape): Promise<void> {
  // A watch is of a list; one object is the list of those with its name.
  const selection: Selection = {
    namespace: query.namespace,
    labelSelector: query.labelSelector,
    fieldSelector: query.name === undefined ? query.fieldSelector : `metadata.name=${query.name}`,
  };
  if (query.name !== undefined) await getJson(client, pathOf(query.type, query.namespace, query.name));
  const asTable = shape.format === "table" || shape.format === "wide";
  const once = asTable ? tableWatch(client, query, selection, shape) : objectWatch(client, query, selection, shape);
  for (;;) await once();
}

/** One round: list, then watch until the server ends it for good. */
function tableWatch(client: Client, { type }: Query, selection: Selection, shape: Shape): () => Promise<void> {
  let headerPrinted = !shape.headers;
  let widths: number[] = [];
  const options = {
    wide: isWide(shape),
    namespaces: type.namespaced && selection.namespace === undefined,
    prefixKind: false,
    showLabels: shape.showLabels,
  };
  return async () => {
    const list = await getTable(client, type, selection);
    const columns = list.columnDefinitions;
    const show = (rows: typeof list.rows): void => {
      if (rows.length === 0) return;
      const view = viewOf({ ...list, columnDefinitions: columns, rows }, type, options);
      const wanted = columnWidths(view.header, view.rows);
      widths = wanted.map((width, i) => Math.max(width, widths[i] ?? 0));
      if (!headerPrinted)
        print(
          alignedLine(
            view.header.map((title) => title.toUpperCase()),
            widths,
          ),
        );
      headerPrinted = true;
      for (const row of view.rows) print(alignedLine(row.map(cellText), widths));
    };
    show(list.rows);

    let revision = list.metadata?.resourceVersion ?? "0";
    for (;;) {
      for await (const event of watchTable(client, type, selection, revision)) {
        if (event.type === "ERROR") return;
        const rows = event.object.rows ?? [];
        revision = rows.at(-1)?.object?.metadata.resourceVersion ?? event.object.metadata?.resourceVersion ?? revision;
        if (event.type !== "BOOKMARK") show(rows);
      }
    }
  };
}

function objectWatch(client: Client, { type }: Query, selection: Selection, { format }: Shape): () => Promise<void> {
  const { namespace, labelSelector, fieldSelector } = selection;
  const path = pathOf(type, namespace);
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  const show = async (object: KubeObject): Promise<void> => {
    if (format === "name") print(`${displayName(type)}/${object.metadata.name}`);
    else if (format === "json") print(await objectText(object, "json"));
    else print(`---\n${await objectText(object, "yaml")}`);
  };
  return async () => {
    const list = await getJson<ObjectList<KubeObject>>(client, path + queryOf({ labelSelector, fieldSelector }));
    for (const item of list.items) await show({ ...item, apiVersion, kind: type.kind });
    let revision = list.metadata.resourceVersion;
    for (;;) {
      const query = queryOf({ watch: true, resourceVersion: revision, labelSelector, fieldSelector });
      const { body } = await client.stream("GET", path + query);
      for await (const line of linesOf(body)) {
        const event = JSON.parse(line) as { type: string; object: KubeObject };
        if (event.type === "ERROR") return;
        revision = event.object.metadata.resourceVersion ?? revision;
        if (event.type !== "BOOKMARK") await show(event.object);
      }
    }
  };
}
