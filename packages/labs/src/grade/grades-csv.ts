import type { Grade } from "./grade.ts";

const columns = [
  "learner",
  "lab",
  "state",
  "stepsPassed",
  "steps",
  "failedStep",
  "reason",
  "checkEdited",
  "contained",
  "durationMs",
] as const satisfies (keyof Grade)[];

/** Comma-separated values with a header (RFC 4180), for a spreadsheet. Pure. */
export function gradesCsv(grades: readonly Grade[]): string {
  const lines = [columns.join(","), ...grades.map((grade) => columns.map((name) => cell(grade[name] ?? "")).join(","))];
  return `${lines.join("\r\n")}\r\n`;
}

/**
 * Reasons hold what a learner's program printed. A spreadsheet takes a cell that begins with one of these for a formula, and would run it on the
 * teacher's machine: an apostrophe makes it text.
 */
function cell(value: string | number | boolean): string {
  const text = String(value).replaceAll(/[\r\n]+/g, " ");
  const harmless = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
