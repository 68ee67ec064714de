/** What a lab's README.md promises, as data. */

export interface Observation {
  command: string;
  /** Lines of the output; `…` stands for anything, also for whole lines when it stands alone. */
  expected: string[];
}

/** Every `$ command` of the ```console blocks, with the lines below it. */
export function observations(guide: string): Observation[] {
  return [...guide.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) => {
    const found: Observation[] = [];
    for (const line of block.replace(/\n$/, "").split("\n")) {
      const last = found.at(-1);
      if (line.startsWith("$ ")) found.push({ command: line.slice(2), expected: [] });
      else if (line.startsWith("> ") && last?.expected.length === 0) last.command += `\n${line.slice(2)}`;
      else last?.expected.push(line);
    }
    return found;
  });
}

export function matchesOutput(output: string, expected: readonly string[]): boolean {
  const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = expected
    .map((line) => (line.trim() === "…" ? "(?:.*\\n)*" : `${escaped(line.trimEnd()).replaceAll("…", ".*")}[ \\t]*\\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${output.trimEnd()}\n`);
}

/** Headings that every guide has, in this order. */
export const sections = [
  "## Why",
  "## How it works",
  "## Steps",
  "## Observe",
  "## In the real world",
  "## Harden it",
  "## In operation",
];
