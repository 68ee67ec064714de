import { tableLines } from "../../output/table.ts";
import { shorten, wrap } from "../../output/wrap.ts";
import { counted } from "../counted.ts";
import type { Report } from "../report.ts";
import { errorCount, familySentence, type TraceSummary } from "./summary.ts";
import type { Trace } from "./trace.ts";

/** The families with a sentence each; with -o wide every call in a line of its own too. */
export function traceReport({ end, summary }: Trace): Report {
  const { calls, processes } = summary;
  return {
    data: { ...summary, ...end },
    lines: ({ width }) => [
      ...familyLines(summary, width),
      ...(width === Number.POSITIVE_INFINITY ? callLines(summary) : []),
    ],
    why: `${counted(calls, "system call", "system calls")} by ${counted(processes, "process", "processes")}: all that it did to anything outside of its own memory. MS counts waiting too, and tracing makes each call slower. -o wide lists every call.`,
  };
}

function familyLines({ families }: TraceSummary, width: number): string[] {
  const rows = families.map(({ family, calls, errors, seconds }) => [family, calls, errors, milliseconds(seconds)]);
  const table = tableLines(["family", "calls", "failed", "ms"], rows);
  return [
    table[0] as string,
    ...families.flatMap((family, index) => [
      table[index + 1] as string,
      ...wrap(familySentence(family), width - 4).map((line) => shorten(`    ${line}`, width)),
    ]),
  ];
}

function callLines({ families }: TraceSummary): string[] {
  const members = families.flatMap((family) => family.members);
  const rows = members
    .sort((a, b) => b.seconds - a.seconds)
    .map(({ name, calls, errors, seconds }) => [name, calls, errorCount(errors), milliseconds(seconds)]);
  return ["", ...tableLines(["call", "calls", "failed", "ms"], rows)];
}

function milliseconds(seconds: number): string {
  return (seconds * 1000).toFixed(2);
}
