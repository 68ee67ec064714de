import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, readTextIfExists } from "@drydock/kit";
import { asDescriptor, asString, parseDocument } from "../spec/check.ts";
import type { Descriptor } from "../types.ts";
import type { StorePaths } from "./store-paths.ts";

export interface NameRecord {
  /** Normalised reference. */
  name: string;
  /** The manifest for this machine's platform. */
  manifest: Descriptor;
}

/** References -> manifests, one small file each, so that processes change different names without knowing of each other. */
export class NameStore {
  readonly #paths: StorePaths;

  constructor(paths: StorePaths) {
    this.#paths = paths;
  }

  async set(record: NameRecord): Promise<void> {
    const temporary = this.#paths.temporary();
    await writeFile(temporary, `${JSON.stringify(record)}\n`, { flag: "wx", mode: 0o600, flush: true });
    await rename(temporary, this.#paths.name(record.name));
  }

  async get(name: string): Promise<NameRecord | undefined> {
    return await this.#read(this.#paths.name(name));
  }

  async list(): Promise<NameRecord[]> {
    const files = (await readdir(this.#paths.names)).sort();
    const records = await Promise.all(files.map((file) => this.#read(join(this.#paths.names, file))));
    return records.filter((record) => record !== undefined);
  }

  /** False when there was no such name. */
  async remove(name: string): Promise<boolean> {
    try {
      await rm(this.#paths.name(name));
      return true;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return false;
      throw error;
    }
  }

  async #read(path: string): Promise<NameRecord | undefined> {
    const text = await readTextIfExists(path);
    if (text === undefined) return undefined;
    const document = parseDocument(path, text);
    return {
      name: asString(path, "name", document.name),
      manifest: asDescriptor(path, "manifest", document.manifest),
    };
  }
}
