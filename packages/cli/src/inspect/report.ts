import { styleText } from "node:util";
import type { Command } from "commander";
import { outputFormat } from "../get/format.ts";
import { print } from "../output/print.ts";
import { wrap } from "../output/wrap.ts";
import { settingsOf } from "../settings/settings.ts";

/** What one `inspect` command has found: the same facts for programs and for people. */
export interface Report {
  /** For -o json. */
  data: unknown;
  /** For people; `wide` asks for nothing to be shortened. */
  lines: (options: { width: number }) => string[];
  /** One or two sentences below the lines that say what they show and why it matters. */
  why: string;
}

/** How a command was asked to print. */
export interface Manner {
  json: boolean;
  /** Columns that a line may take; Infinity with -o wide. */
  width: number;
  /** Only the facts, no sentence about them. */
  quiet: boolean;
}

const defaultWidth = 80;
/** A terminal that nobody has given a size says 0. */
const leastWidth = 20;

export async function mannerOf(command: Command, stream: NodeJS.WriteStream = process.stdout): Promise<Manner> {
  const { output } = await settingsOf(command);
  const format = outputFormat(output, ["json", "wide"]);
  const columns = (stream.columns ?? 0) < leastWidth ? defaultWidth : stream.columns;
  const width = format === "wide" ? Number.POSITIVE_INFINITY : columns;
  return { json: format === "json", width, quiet: command.optsWithGlobals().quiet === true };
}

/** Text of a report; `style` is the terminal's. Pure apart from it. */
export function reportText(report: Report, { json, width, quiet }: Manner, style: Style = plain): string {
  if (json) return `${JSON.stringify(report.data, bigintsAsText, 2)}\n`;
  const [head = "", ...rest] = report.lines({ width });
  const why = quiet ? [] : ["", ...wrap(report.why, Math.min(width, defaultWidth)).map(style.faint)];
  return `${[style.strong(head), ...rest, ...why].join("\n")}\n`;
}

export interface Style {
  strong: (text: string) => string;
  faint: (text: string) => string;
}
export const plain: Style = { strong: (text) => text, faint: (text) => text };

/** Colour for a terminal that shows it, and nothing for pipes, NO_COLOR and TERM=dumb. */
export function styleFor(stream: NodeJS.WriteStream): Style {
  if (!stream.isTTY) return plain;
  return {
    strong: (text) => styleText("bold", text, { stream }),
    faint: (text) => styleText("dim", text, { stream }),
  };
}

export function printReport(report: Report, manner: Manner): void {
  print(reportText(report, manner, styleFor(process.stdout)));
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : value;
}
