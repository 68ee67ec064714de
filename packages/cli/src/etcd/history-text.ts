import type { Cell } from "../output/table.ts";
import type { Change } from "./changes-between.ts";
import type { Entry } from "./history.ts";

export const historyHeader = ["Revision", "What", "Generation", "Changes"];

/** One line for each field that changed; the revision stands on the first. Pure. */
export function historyRows(entries: readonly Entry[]): Cell[][] {
  return entries.flatMap((entry) => {
    const { revision, what, object, changes, bytes } = entry;
    const generation = (object as { metadata?: { generation?: number } } | undefined)?.metadata?.generation ?? "-";
    const [first, ...more] = changes.map(changeText);
    const summary =
      first ?? (what === "deleted" ? "-" : object === undefined ? `${bytes} bytes that are encrypted` : "-");
    return [[revision, what, generation, summary], ...more.map((text) => ["", "", "", text])].map(blank);
  });
}

/** Cells that say nothing stay empty, instead of `<none>`. */
function blank(row: Cell[]): Cell[] {
  return row.map((cell) => (cell === "" ? " " : cell));
}

const longest = 60;

function changeText({ path, before, after }: Change): string {
  if (before === undefined) return `+ ${path}: ${shown(after)}`;
  if (after === undefined) return `- ${path}: ${shown(before)}`;
  return `  ${path}: ${shown(before)} -> ${shown(after)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
