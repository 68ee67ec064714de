/**
 * Makes .build/drydock.mjs and the chunks that it loads on demand: one for each command, so that a command reads no code that it does not run.
 * Small files are quick to find, but 300 of them are not: the bundle starts in half the time of the sources. And .build/drydock-runtime.cjs, the
 * OCI runtime in one file: who calls a runtime waits for it.
 */
import { existsSync, readFileSync, utimesSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const target = join(root, ".build");

/** Packages that read files beside themselves, or have to find one another: they are loaded from where pnpm has put them. */
const external = new Map([
  ["etcd3", "control-plane"],
  ["@peculiar/x509", "control-plane"],
  ["@grpc/proto-loader", "control-plane"],
  ["@grpc/grpc-js", "control-plane"],
]);

const externalPackages: Plugin = {
  name: "external packages by path",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) => {
      const owner = external.get(path);
      if (owner === undefined) return undefined;
      const file = createRequire(join(root, "packages", owner, "package.json")).resolve(path);
      return { path: `./${relative(target, file)}`, external: true };
    });
  },
};

/** What importing a package of ours does is nothing: code that nobody uses may be left out. */
const ownPackages: Plugin = {
  name: "own packages",
  setup({ onResolve }) {
    onResolve({ filter: /^@drydock\// }, ({ path }) => ({
      path: join(root, "packages", path.slice("@drydock/".length), "src", "index.ts"),
      sideEffects: false,
    }));
    onResolve({ filter: /^[./].*\.ts$/ }, ({ path, resolveDir }) => {
      if (!resolveDir.startsWith(join(root, "packages"))) return undefined;
      return { path: resolve(resolveDir, path), sideEffects: false };
    });
  },
};

/**
 * `import { a, b } from "@drydock/x"` imports the files that define a and b: else esbuild gives every command all that the entry of a package
 * reaches.
 */
function withoutEntries(text: string): string {
  return text.replaceAll(
    /^(import|export) \{([^}]*)\} from "@drydock\/([\w-]+)";$/gm,
    (whole, verb: string, names: string, owner: string) => {
      const defined = exportsOf(owner);
      const values = names.split(",").flatMap((name) => (/^\s*(type\s|$)/.test(name) ? [] : [name.trim()]));
      const lines = values.map((name) => {
        const file = defined.get(name.split(" as ")[0] as string);
        return file && `${verb} { ${name} } from ${JSON.stringify(file)};`;
      });
      return lines.includes(undefined) ? whole : lines.join(" ");
    },
  );
}

const entries = new Map<string, Map<string, string>>();

/** The values that the entry of a package passes on by name, and the file of each. */
function exportsOf(owner: string): Map<string, string> {
  const known = entries.get(owner);
  if (known) return known;
  const source = join(root, "packages", owner, "src");
  const found = new Map<string, string>();
  for (const [, names = "", file = ""] of readFileSync(join(source, "index.ts"), "utf8").matchAll(
    /^export \{([^}]*)\} from "([^"]+)";$/gm,
  )) {
    for (const name of names.split(",").map((one) => one.trim())) {
      const place = file.startsWith(".") ? join(source, file) : exportsOf(file.slice("@drydock/".length)).get(name);
      if (/^\w+$/.test(name) && place !== undefined) found.set(name, place);
    }
  }
  entries.set(owner, found);
  return found;
}

/** `import.meta` stays that of the source, so that files are found relative to it. `url`, `directory`: the bundle's own, as expressions. */
function ownSources(url: string, directory: string): Plugin {
  return {
    name: "own sources",
    setup({ onLoad }) {
      onLoad({ filter: /packages\/[^/]+\/src\/.*\.ts$/ }, ({ path }) => {
        const text = withoutEntries(readFileSync(path, "utf8"));
        const here = JSON.stringify(`./${relative(target, path)}`);
        // A file that is run in a thread is a bundle of its own, beside this one; all others are found where the source is.
        const thread = /(?<=new URL\("\.\/[\w-]+-thread\.)ts(?=", import\.meta\.url\))/g;
        const contents = text
          .split(thread)
          .map((part, i) => (i === 0 ? part : part.replace("import.meta.url", "BUNDLE_URL")))
          .join("mjs")
          .replaceAll("import.meta.url", `new URL(${here}, ${url}).href`)
          .replaceAll("BUNDLE_URL", url)
          .replaceAll(
            "import.meta.dirname",
            `(${directory} + ${JSON.stringify(`/${relative(target, dirname(path))}`)})`,
          );
        return { contents, loader: "ts" };
      });
    },
  };
}

/**
 * `await import("package")` of a CommonJS package: esbuild would give its exports as `default` alone. Node names them one by one, and so do we.
 */
const namedExports: Plugin = {
  name: "named exports",
  setup({ onResolve, onLoad, resolve: resolveAsUsual }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== "dynamic-import" || pluginData === "inner" || /^(@drydock\/|node:)/.test(path)) return undefined;
      const found = await resolveAsUsual(path, { kind, importer, resolveDir, pluginData: "inner" });
      if (found.external || !isCommonJs(found.path)) return found;
      return { path: found.path, namespace: "named" };
    });
    onLoad({ filter: /.*/, namespace: "named" }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== "default" && /^[\w$]+$/.test(name));
      const contents = `import * as all from ${JSON.stringify(path)};\nexport const { ${names.join(", ")} } = all;\n`;
      return { contents, resolveDir: dirname(path), loader: "js" };
    });
  },
};

/**
 * The API client uses undici's Pool alone. All of undici (fetch, WebSocket, caches, mocks) would cost each command 30 ms more; what else is
 * imported from it by name has to be added here, or the bundle does not build.
 */
const undiciPool: Plugin = {
  name: "undici's pool",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: "pool", namespace: "undici" }));
    onLoad({ filter: /.*/, namespace: "undici" }, () => ({
      contents: `
import api from "undici/lib/api/index.js";
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
import Pool from "undici/lib/dispatcher/pool.js";
Object.assign(Dispatcher.prototype, api);
export { Pool };`,
      resolveDir: join(root, "packages/machinery"),
    }));
  },
};

/**
 * Parts of Node that are loaded when something of them is first used, and not when a file that may use it is: a container is started without most
 * of them, and they take longer than all of ours.
 */
const lazyBuiltins: Plugin = {
  name: "lazy builtins",
  setup({ onResolve, onLoad }) {
    const filter =
      /^node:(child_process|crypto|fs\/promises|net|os|readline|stream|timers\/promises|tty|url|util|worker_threads)$/;
    onResolve({ filter }, ({ path, namespace }) => {
      if (namespace === "lazy") return { path, external: true };
      return { path, namespace: "lazy", sideEffects: false };
    });
    onLoad({ filter, namespace: "lazy" }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== "default" && name !== "module.exports");
      const getters = names.map((name) => `get ${name}() { return require(${JSON.stringify(path)}).${name}; }`);
      return { contents: `module.exports = { ${getters.join(", ")} };`, loader: "js" };
    });
  },
};

function isCommonJs(file: string): boolean {
  if (!file.endsWith(".js")) return file.endsWith(".cjs");
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const manifest = join(directory, "package.json");
    if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, "utf8")).type !== "module";
  }
}

const entryNames = ["drydock.mjs", "starter-thread.mjs", "drydock-runtime.cjs"];
// Built beside and moved into place, so that a command that starts meanwhile finds either the old or the new.
const beside = join(root, ".build", `new-${process.pid}`);
await mkdir(beside, { recursive: true });
const startedAt = new Date();
const common: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
};
await build({
  ...common,
  entryPoints: {
    drydock: join(root, "packages/cli/src/main.ts"),
    "starter-thread": join(root, "packages/runtime/src/thread/starter-thread.ts"),
  },
  outdir: beside,
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunk-[hash]",
  splitting: true,
  format: "esm",
  plugins: [
    externalPackages,
    undiciPool,
    namedExports,
    ownPackages,
    ownSources("import.meta.url", "import.meta.dirname"),
  ],
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
await buildRuntime(join(beside, "drydock-runtime.cjs"));
const made = await readdir(beside);
// Chunks are named for their content: old ones can stay until all new ones are there.
for (const name of made.filter((name) => !entryNames.includes(name)))
  await rename(join(beside, name), join(target, name));
await symlink(process.execPath, join(beside, "node"));
for (const name of entryNames) {
  utimesSync(join(beside, name), startedAt, startedAt);
  await rename(join(beside, name), join(target, name));
}
await rename(join(beside, "node"), join(target, "node"));
await rm(beside, { recursive: true });
// A supervisor that runs since yesterday may still load some of the old ones: they go when they are old.
const current = new Set(made);
const keptMs = 24 * 3600 * 1000;
for (const name of await readdir(target)) {
  if (!/^chunk-.*\.mjs$/.test(name) || current.has(name)) continue;
  const { mtimeMs } = await stat(join(target, name));
  if (mtimeMs < startedAt.getTime() - keptMs) await rm(join(target, name));
}

/** In CommonJS and in one file, with Node's compile cache the quickest that Node starts. */
async function buildRuntime(file: string): Promise<void> {
  const source = join(root, "packages/cli/src/runtime-main.ts");
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: [source],
    outfile: file,
    write: false,
    metafile: true,
    format: "cjs",
    plugins: [
      lazyBuiltins,
      namedExports,
      ownPackages,
      ownSources('require("node:url").pathToFileURL(__filename)', "__dirname"),
    ],
  });
  const inputs = Object.keys(metafile?.inputs ?? {}).map((path) => relative(target, resolve(path)));
  const sources = inputs.filter((path) => /^\.\.\/packages\/[^/]+\/src\//.test(path));
  await writeFile(file, `${unlessStale(sources, relative(target, source))}${outputFiles?.[0]?.text ?? ""}`);
}

/**
 * A look at each source takes less time here than one `find` would: with one that is newer than the bundle the sources run instead of it. A
 * source that is not there is none that somebody has changed.
 */
function unlessStale(sources: readonly string[], main: string): string {
  return `"use strict";
{
  const { statSync } = require("node:fs");
  const built = statSync(__filename).mtimeMs;
  const isNewer = (path) => statSync(__dirname + "/" + path, { throwIfNoEntry: false })?.mtimeMs > built;
  if (${JSON.stringify(sources)}.some(isNewer)) return void import(__dirname + ${JSON.stringify(`/${main}`)});
}
`;
}
