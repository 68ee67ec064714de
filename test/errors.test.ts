/** docs/errors.md has every error code of every package, as it is declared, and exit codes are given to codes that exist. */
import { readFileSync } from "node:fs";
import { exitCodes, exitCodesByError } from "@drydock/cli";
import t from "tap";
import { errorsByPackage, errorsDocument, withCurrentCodes } from "../scripts/errors-doc.ts";

const tables = await errorsByPackage();
const document = readFileSync(errorsDocument, "utf8");

t.test("every package's codes are found", async (t) => {
  for (const name of ["kit", "linux", "oci", "runtime", "machinery", "control-plane", "node-agent", "cli"]) {
    t.ok((tables.get(name)?.size ?? 0) > 0, `${name} declares codes`);
  }
});

t.test("docs/errors.md is up to date", async (t) => {
  const missing = [...tables.values()]
    .flatMap((codes) => [...codes.keys()])
    .filter((code) => !document.includes(`\`${code}\``));
  t.same(missing, [], "has a line for each code; node scripts/errors-doc.ts writes them");
  t.equal(document, await withCurrentCodes(document), "says what the code says; node scripts/errors-doc.ts writes it");
});

t.test("exit codes", async (t) => {
  const declared = new Set([...tables.values()].flatMap((codes) => [...codes.keys()]));
  t.same(
    Object.keys(exitCodesByError).filter((code) => !declared.has(code)),
    [],
    "are given to codes that exist",
  );
  for (const number of Object.values(exitCodes))
    t.match(document, new RegExp(`^\\| ${number} \\|`, "m"), `${number} is explained`);
});
