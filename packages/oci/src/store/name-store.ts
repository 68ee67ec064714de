import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, hasCode, type Logger, readTextIfExists } from "@drydock/kit";
import { asDescriptor, asString, parseDocument } from "../spec/check.ts";
import type { Descriptor } from "../types.ts";
import type { StorePaths } from "./store-paths.ts";

export interface NameRecord {
  /** Normalised reference. */
  name: string;
  /** The manifest for this machine's platform. */
  manifest: Descriptor;
}

/**
 * References -> manifests, one small file each, so that processes change different names without knowing of each other.
 */
export class NameStore {
  readonly #paths: StorePaths;
  readonly #logger: Logger;

  constructor(paths: StorePaths, logger: Logger) {
    this.#paths = paths;
    this.#logger = logger;
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
    const records = await Promise.all(files.map((file) => this.#readSound(join(this.#paths.names, file))));
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

  /** One damaged file must not hide the other names. */
  async #readSound(path: string): Promise<NameRecord | undefined> {
    try {
      return await this.#read(path);
    } catch (error) {
      if (!hasCode(error, "IMAGE_MALFORMED")) throw error;
      this.#logger.warn({ path, error: error.message }, "damaged image name skipped");
      return undefined;
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
