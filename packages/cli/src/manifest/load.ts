import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { Manifest } from "./manifest.ts";
import { parseManifests } from "./parse.ts";

/** Everything that `-f` names: files, "-" for standard input, and directories (their .yaml, .yml and .json files by name). */
export async function loadManifests(paths: readonly string[]): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const path of paths) {
    if (path === "-") {
      manifests.push(...parseManifests(await text(process.stdin), "standard input"));
      continue;
    }
    for (const file of await filesOf(path)) manifests.push(...parseManifests(await readFile(file, "utf8"), file));
  }
  if (manifests.length === 0) throw failure("MANIFEST_NOT_FOUND", `no objects in ${paths.join(", ")}`);
  return manifests;
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR") throw error;
    throw failure("MANIFEST_NOT_FOUND", `${path}: no such file or directory`, { cause: error });
  }
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  if (names.length === 0) {
    throw failure("MANIFEST_NOT_FOUND", `${path} has no .yaml, .yml or .json files`);
  }
  return names.map((name) => join(path, name));
}
