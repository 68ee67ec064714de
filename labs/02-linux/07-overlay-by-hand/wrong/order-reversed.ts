// fails at merged: the layer that was given first is on top
import { execFileSync } from "node:child_process";

const [, target = "", upper, work, ...layers] = process.argv.slice(2);
const options = `lowerdir=${layers.reverse().join(":")},upperdir=${upper},workdir=${work}`;
execFileSync("mount", ["-t", "overlay", "overlay", "-o", options, target]);
