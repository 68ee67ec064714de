// fails at layers: is not there
import { mkdirSync } from "node:fs";

mkdirSync(process.argv[4] ?? "");
console.log("unpacked");
