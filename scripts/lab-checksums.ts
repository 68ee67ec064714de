/** Writes labs/checksums: by it the lab engine notices that a check was changed. `node scripts/lab-checksums.ts`; test/labs holds it against the labs. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CHECKSUMS_FILE, labChecksum, loadLabs } from "@drydock/labs";

const root = resolve(import.meta.dirname, "..", "labs");
const lines: string[] = [];
for (const lab of await loadLabs(root)) lines.push(`${await labChecksum(lab)}  ${lab.id}\n`);
writeFileSync(join(root, CHECKSUMS_FILE), lines.join(""));
