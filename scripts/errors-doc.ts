/**
 * The table of docs/errors.md, from the codes that the packages declare. `node scripts/errors-doc.ts` writes it; test/errors.test.ts holds the
 * document against it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { exitCodesByError } from "@drydock/cli";
import { declaredErrors } from "@drydock/kit";

const root = resolve(import.meta.dirname, "..");
export const errorsDocument = join(root, "docs", "errors.md");
const begin = "<!-- codes: written by scripts/errors-doc.ts -->";
const end = "<!-- end of codes -->";

/** Every error code, by the package that declares it. */
export async function errorsByPackage(): Promise<Map<string, Map<string, string>>> {
  const tables = new Map<string, Map<string, string>>();
  for (const name of readdirSync(join(root, "packages")).sort()) {
    const source = join(root, "packages", name, "src");
    for (const file of declaringFiles(source)) await import(file);
  }
  // Importing one package loads those below it: the file that has a code's text is the one that declares it.
  for (const name of readdirSync(join(root, "packages")).sort()) {
    const texts = declaringFiles(join(root, "packages", name, "src")).map((file) => readFileSync(file, "utf8"));
    const codes = [...declaredErrors()].filter(([code]) => texts.some((text) => new RegExp(`\\b${code}:`).test(text)));
    if (codes.length > 0) tables.set(name, new Map(codes));
  }
  return tables;
}

function declaringFiles(source: string): string[] {
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.split(sep).includes("node_modules"))
    .map((name) => join(source, name))
    .filter((file) => /= defineErrors\(/.test(readFileSync(file, "utf8")));
}

/** The document with its table as the code has it now. */
export async function withCurrentCodes(document: string): Promise<string> {
  const sections = [...(await errorsByPackage())].map(([name, codes]) => {
    const rows = [...codes].map(([code, when]) => `| \`${code}\` | ${when} | ${exitCodesByError[code] ?? 1} |`);
    return [`### ${name}`, "", "| code | when | exit code |", "|---|---|---|", ...rows, ""].join("\n");
  });
  const [before, rest = ""] = document.split(begin);
  const [, after = ""] = rest.split(end);
  return `${before}${begin}\n\n${sections.join("\n")}\n${end}${after}`;
}

if (import.meta.main) {
  writeFileSync(errorsDocument, await withCurrentCodes(readFileSync(errorsDocument, "utf8")));
}
