// fails at merged: nothing of type overlay is mounted
import { cpSync } from "node:fs";

const [, target = "", , , ...layers] = process.argv.slice(2);
for (const layer of layers.reverse()) cpSync(layer, target, { recursive: true });
