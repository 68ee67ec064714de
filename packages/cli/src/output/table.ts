export type Cell = string | number | boolean | null | undefined;

/** Aligned columns as kubectl prints them: three spaces apart, nothing after the last cell, no lines. */
export function tableLines(header: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const cells = rows.map((row) => header.map((_, i) => cellText(row[i])));
  const widths = header.map((title, i) => cells.reduce((w, row) => Math.max(w, row[i]?.length ?? 0), title.length));
  return [header.map((title) => title.toUpperCase()), ...cells].map((row) => alignedLine(row, widths));
}

/** One line with the given widths; a cell that is too long pushes the rest to the right. For watches, where rows come one by one. */
export function alignedLine(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
    .join("   ")
    .trimEnd();
}

export function columnWidths(header: readonly string[], rows: readonly (readonly Cell[])[]): number[] {
  return header.map((title, i) => rows.reduce((w, row) => Math.max(w, cellText(row[i]).length), title.length));
}

/** A cell on one line: control characters would let a name or message redraw the terminal. */
export function cellText(cell: Cell): string {
  if (cell === null || cell === undefined || cell === "") return "<none>";
  return String(cell).replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}
