import type { ApiResource } from "../api/resource.ts";
import { displayName } from "../api/resource.ts";
import type { Table } from "../api/table.ts";
import type { Cell } from "../output/table.ts";
import type { Shape } from "./query.ts";

/** Columns and cells to print, chosen from a server's Table. */
export interface TableView {
  header: string[];
  rows: Cell[][];
}

/** Which columns of `table` are shown: priority 0, or all with -o wide; a namespace before and labels after. Pure. */
export function viewOf(
  table: Table,
  type: ApiResource,
  {
    wide,
    namespaces,
    prefixKind,
    showLabels,
  }: { wide: boolean; namespaces: boolean; prefixKind: boolean; showLabels: boolean },
): TableView {
  const shown = table.columnDefinitions
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => wide || (column.priority ?? 0) === 0);
  const nameIndex = table.columnDefinitions.findIndex(({ name }) => name.toLowerCase() === "name");
  const header = shown.map(({ column }) => column.name);
  const rows = table.rows.map(({ cells, object }) => [
    ...(namespaces ? [object?.metadata.namespace] : []),
    ...shown.map(({ index }) => {
      const cell = cells[index];
      return index === nameIndex && prefixKind ? `${displayName(type)}/${cell}` : cell;
    }),
    ...(showLabels ? [labelsText(object?.metadata.labels)] : []),
  ]);
  return {
    header: [...(namespaces ? ["Namespace"] : []), ...header, ...(showLabels ? ["Labels"] : [])],
    rows,
  };
}

export function isWide({ format }: Shape): boolean {
  return format === "wide";
}

function labelsText(labels: Record<string, string> | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
