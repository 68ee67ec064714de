import { type Cell, tableLines } from "../output/table.ts";
import { wrap } from "../output/wrap.ts";

/** Why something is as it is: what a person who knows the cluster would answer. */
export interface Explanation {
  /** pod/web-1 */
  subject: string;
  /** One sentence. */
  verdict: string;
  /** What was seen that says so. */
  because: readonly string[];
  /** Node by node, container by container. */
  table?: { header: readonly string[]; rows: readonly (readonly Cell[])[] };
  /** Commands that show more, or what would have to change. */
  next: readonly string[];
  /** Of something that this one hangs on. */
  inner?: Explanation;
}

export function explanationLines(explanation: Explanation, width: number): string[] {
  const { subject, verdict, because, table, next, inner } = explanation;
  return [
    ...wrap(`${subject}: ${verdict}`, width),
    ...because.flatMap((reason) => hanging("- ", reason, width)),
    ...(table ? ["", ...tableLines(table.header, table.rows)] : []),
    ...(next.length > 0 ? ["", "What to do:", ...next.flatMap((step) => hanging("  ", step, width))] : []),
    ...(inner ? ["", ...explanationLines(inner, width)] : []),
  ];
}

/** The first line begins with `mark`, the others as far in. */
function hanging(mark: string, text: string, width: number): string[] {
  return wrap(text, width - mark.length).map((line, i) => (i === 0 ? mark : " ".repeat(mark.length)) + line);
}
