import { cpus, release, totalmem } from "node:os";

/** One figure: what was measured, what was hoped for, and beside which peer. */
export interface Figure {
  name: string;
  /** Median, in `unit`. */
  median: number;
  p99?: number;
  unit: string;
  samples: number;
  /** The peer's median in the same run, where there is one. */
  peer?: { name: string; median: number };
  /** In words, e.g. `< 250 ms`; `met` says whether the median is within. */
  target?: { text: string; met: boolean };
}

/** A benchmark: one file `*.bench.ts` in this folder with this as its default export. */
export interface Benchmark {
  name: string;
  description: string;
  run(log: (line: string) => void): Promise<Figure[]>;
}

export function machine(): string {
  const [cpu] = cpus();
  return `Linux ${release()}, ${cpus().length} cores (${cpu?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

export function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${round(figure.median)} ${figure.unit}`,
    figure.p99 === undefined ? "" : `${round(figure.p99)} ${figure.unit}`,
    String(figure.samples),
    figure.peer
      ? `${figure.peer.name} ${round(figure.peer.median)}, ratio ${round(figure.median / figure.peer.median)}`
      : "",
    figure.target ? `${figure.target.text}: ${figure.target.met ? "met" : "MISSED"}` : "",
  ]);
  const table = [["figure", "median", "p99", "n", "peer", "target"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [
    line(table[0] as string[]),
    `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`,
    ...rows.map(line),
  ].join("\n");
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
