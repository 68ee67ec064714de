import { type Cell, cellText, tableLines } from "../output/table.ts";
import { shorten } from "../output/wrap.ts";

/** A table no wider than `width`: the last column is shortened to what the others leave. */
export function fittedTable(header: readonly string[], rows: readonly (readonly Cell[])[], width: number): string[] {
  return tableLines(header, rows).map((line) => shorten(line, width));
}

/** One line of any text: nothing that a program has called itself moves the cursor. */
export function oneLine(text: string): string {
  return text === "" ? "" : cellText(text);
}
