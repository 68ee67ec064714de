/** Links in the documentation point at files that exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import t from "tap";

const root = resolve(import.meta.dirname, "..");
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...["docs", "examples"].flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(directory, name)),
  ),
];

for (const document of documents) {
  t.test(document, async (t) => {
    const text = readFileSync(join(root, document), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
    const broken = targets
      .filter((target) => !/^[a-z]+:|^#/.test(target))
      .filter((target) => !existsSync(resolve(root, dirname(document), target.replace(/#.*$/, ""))));
    t.same(broken, [], "every relative link has a target");
  });
}

t.test("every break-out that a test tries is in the threat model, and the other way round", async (t) => {
  const table = readFileSync(join(root, "THREAT_MODEL.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| (CVE|\/dev)/.test(line));
  const directory = "packages/runtime/src/security";
  const tried = readdirSync(join(root, directory)).flatMap((file) =>
    [...readFileSync(join(root, directory, file), "utf8").matchAll(/^breakout\(\n {2}"(.+)"/gm)].map((match) => ({
      name: match[1] as string,
      file,
    })),
  );
  t.ok(tried.length >= 12, `${tried.length} are tried`);
  for (const { name, file } of tried.filter((one) => one.name.startsWith("CVE-"))) {
    t.ok(
      table.some((row) => row.includes(name) && row.includes(`${directory}/${file}`)),
      `${name} in ${file}`,
    );
  }
  for (const row of table.filter((one) => one.includes(directory))) {
    const name = /CVE-\d+-\d+/.exec(row)?.[0] ?? "links";
    t.ok(
      tried.some((one) => row.includes(one.file) && (one.name === name || name === "links")),
      row.slice(0, 60),
    );
  }
});
