import { type Cell, cellText, tableLines } from "./table.ts";

/** A value below a label: one cell, one per line, further labels, or a table. */
export type DetailValue = Cell | readonly string[] | { details: readonly Detail[] } | { table: Table };
export type Detail = readonly [label: string, value: DetailValue];
interface Table {
  header: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** Labels and values as `kubectl describe` lays them out: aligned in a block, two spaces further in for each level. */
export function detailLines(details: readonly Detail[], indent = ""): string[] {
  const width = details.reduce((w, [label, value]) => (isBlock(value) ? w : Math.max(w, label.length)), 0) + 3;
  return details.flatMap(([label, value]) => {
    if (isBlock(value)) return [`${indent}${label}:`, ...blockLines(value, `${indent}  `)];
    const lines = Array.isArray(value) ? value.map(cellText) : [cellText(value as Cell)];
    return (lines.length === 0 ? ["<none>"] : lines).map((line, i) => {
      const head = i === 0 ? `${label}:` : "";
      return `${indent}${head.padEnd(width)}${line}`;
    });
  });
}

function blockLines(value: { details: readonly Detail[] } | { table: Table }, indent: string): string[] {
  if ("details" in value) return detailLines(value.details, indent);
  return tableLines(value.table.header, value.table.rows).map((line) => `${indent}${line}`);
}

/** Something that starts on its own line. An empty one is the text "<none>" beside its label. */
function isBlock(value: DetailValue): value is { details: readonly Detail[] } | { table: Table } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A table, or "<none>" when it would be empty. */
export function tableDetail(label: string, header: readonly string[], rows: readonly (readonly Cell[])[]): Detail {
  return [label, rows.length === 0 ? "<none>" : { table: { header, rows } }];
}

/** `key=value` one per line. */
export function pairs(values: Readonly<Record<string, string>> | undefined, separator = "="): string[] {
  return Object.entries(values ?? {}).map(([key, value]) => `${key}${separator}${value}`);
}
