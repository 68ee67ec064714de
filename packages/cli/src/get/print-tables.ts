import { hasCode } from "@drydock/kit";
import type { Session } from "../api/session.ts";
import { getTable, type Table } from "../api/table.ts";
import { print, remark } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import type { Query, Shape } from "./query.ts";
import { isWide, viewOf } from "./table-text.ts";

/** Prints one table for each kind; objects named on the command line that do not exist are told of after those that do. */
export async function printTables(session: Session, queries: readonly Query[], shape: Shape): Promise<void> {
  const answers = await Promise.allSettled(queries.map((query) => getTable(session.client, query.type, query)));
  const groups = new Map<Query["type"], { query: Query; tables: Table[] }>();
  let failed: unknown;
  for (const [i, answer] of answers.entries()) {
    const query = queries[i] as Query;
    if (answer.status === "rejected") {
      if (queries.length === 1 || !hasCode(answer.reason, "API_NOT_FOUND")) throw answer.reason;
      failed ??= answer.reason;
      continue;
    }
    const group = groups.get(query.type) ?? { query, tables: [] };
    group.tables.push(answer.value);
    groups.set(query.type, group);
  }

  const filled = [...groups.values()].filter(({ tables }) => tables.some(({ rows }) => rows.length > 0));
  if (filled.length === 0 && failed === undefined) remark(nothingFound(queries));
  for (const [i, { query, tables }] of filled.entries()) {
    const [first, ...rest] = tables as [Table, ...Table[]];
    const table = { ...first, rows: [first, ...rest].flatMap(({ rows }) => rows) };
    const view = viewOf(table, query.type, {
      wide: isWide(shape),
      namespaces: query.type.namespaced && query.namespace === undefined,
      prefixKind: groups.size > 1,
      showLabels: shape.showLabels,
    });
    const lines = tableLines(view.header, view.rows);
    if (i > 0) print("");
    print(lines.slice(shape.headers ? 0 : 1).join("\n"));
  }
  if (failed !== undefined) throw failed;
}

function nothingFound(queries: readonly Query[]): string {
  const namespace = queries.find(({ namespace }) => namespace !== undefined)?.namespace;
  return namespace === undefined ? "No resources found" : `No resources found in ${namespace} namespace.`;
}
