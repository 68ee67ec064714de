// fails at deleted: expected
/**
 * node layers.ts mount TARGET UPPER WORK LAYER…   shows the layers, the first one on top, with UPPER above all, at TARGET
 * node layers.ts changes UPPER LAYER…             what UPPER changes, one line each, by path:
 *                                                 "A /new", "M /etc/passwd", "D /old"
 */
import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";

function mount([target = "", upper, work, ...layers]: string[]): void {
  // The first of lowerdir is on top, as the first layer here.
  const options = `lowerdir=${layers.join(":")},upperdir=${upper},workdir=${work}`;
  execFileSync("mount", ["-t", "overlay", "overlay", "-o", options, target], { stdio: "inherit" });
}

/** An entry that is empty hides what the layers have at its path. */
function isWhiteout(entry: Stats): boolean {
  return entry.size < 0;
}

/** What the uppermost layer that knows this path has there. */
function below(layers: readonly string[], path: string): Stats | undefined {
  for (const layer of layers) {
    const entry = lstatSync(join(layer, path), { throwIfNoEntry: false });
    if (entry) return isWhiteout(entry) ? undefined : entry;
  }
  return undefined;
}

function changes([upper = "", ...layers]: string[]): string[] {
  const lines: string[] = [];
  for (const name of readdirSync(upper, { recursive: true, encoding: "utf8" })) {
    const path = `/${name}`;
    const entry = lstatSync(join(upper, path));
    const before = below(layers, path);
    if (isWhiteout(entry)) lines.push(`D ${path}`);
    else if (!before) lines.push(`A ${path}`);
    else if (!(entry.isDirectory() && before.isDirectory()) || differs(entry, before)) lines.push(`M ${path}`);
  }
  return lines.sort((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1));
}

function differs(a: Stats, b: Stats): boolean {
  return a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid;
}

const [command, ...args] = process.argv.slice(2);
if (command === "mount") mount(args);
else console.log(changes(args).join("\n"));
