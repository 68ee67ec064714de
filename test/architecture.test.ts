/** Who may import whom. The table is docs/architecture.md's; declared dependencies and every import are held against it. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import t from "tap";

const root = resolve(import.meta.dirname, "..");
const packages = join(root, "packages");

const allowed: Record<string, readonly string[]> = {
  kit: [],
  linux: ["kit"],
  oci: ["kit", "linux"],
  runtime: ["kit", "linux", "oci"],
  containerd: ["kit", "linux", "oci"],
  machinery: ["kit"],
  "control-plane": ["kit", "machinery"],
  "node-agent": ["kit", "linux", "oci", "machinery", "runtime", "containerd"],
  vm: ["kit"],
  labs: ["kit", "machinery", "control-plane", "vm"],
  cli: ["kit", "linux", "oci", "machinery", "runtime", "control-plane", "node-agent", "vm", "labs"],
};

interface Import {
  file: string;
  specifier: string;
}

function importsOf(directory: string): Import[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.split(sep).includes("node_modules"))
    .flatMap((name) => {
      const file = join(directory, name);
      const source = readFileSync(file, "utf8");
      return [...source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map((match) => ({
        file,
        specifier: match[1] as string,
      }));
    });
}

t.test("every package is in the table", async (t) => {
  t.same(readdirSync(packages).sort(), Object.keys(allowed).sort());
});

for (const [name, mayImport] of Object.entries(allowed)) {
  t.test(name, async (t) => {
    const manifest = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
      .filter((dependency) => dependency.startsWith("@drydock/"))
      .map((dependency) => dependency.slice("@drydock/".length));
    t.same(
      declared.filter((dependency) => !mayImport.includes(dependency)),
      [],
      "declares only what it may import",
    );
    t.same(Object.keys(manifest.exports), ["."], "has one entry");

    const imports = importsOf(join(packages, name, "src"));
    t.ok(imports.length > 0, "has imports to look at");
    const wrong = imports.filter(({ file, specifier }) => {
      if (specifier.startsWith("."))
        return relative(join(packages, name), resolve(file, "..", specifier)).startsWith("..");
      if (!specifier.startsWith("@drydock/")) return false;
      return !mayImport.includes(specifier.slice("@drydock/".length));
    });
    t.same(
      wrong.map(({ file, specifier }) => `${relative(root, file)} imports ${specifier}`),
      [],
      "imports only downwards, and other packages only by their entry",
    );
  });
}

t.test("inside control-plane only the API server reaches the store", async (t) => {
  const source = join(packages, "control-plane", "src");
  const store = join(source, "store");
  const wrong = importsOf(source).filter(({ file, specifier }) => {
    // A test may look into etcd through it.
    if (
      file.endsWith(".test.ts") ||
      !specifier.startsWith(".") ||
      !resolve(file, "..", specifier).startsWith(store + sep)
    )
      return false;
    const folder = relative(source, file).split(sep)[0] as string;
    return !["store", "apiserver", "index.ts"].includes(folder);
  });
  t.same(
    wrong.map(({ file, specifier }) => `${relative(root, file)} imports ${specifier}`),
    [],
  );
});
