// fails at whiteouts: /opaque/new is not there
/**
 * node unpack.ts LAYOUT NAME TARGET
 *
 * Makes the root file system of an image in TARGET, a directory that is not there yet. LAYOUT is an OCI image layout, NAME what
 * index.json has as org.opencontainers.image.ref.name. Ends with 0 when all is there, and with 1, a line on standard error
 * and nothing outside of TARGET when something is not as it should be.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Entry, readTar } from "./tar.ts";

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

const NAME = "org.opencontainers.image.ref.name";
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Nothing is looked at before it is known to be what was asked for. */
function blob(layout: string, { digest, size }: Descriptor): Buffer {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (!hex) throw new Error(`${digest} is not a digest`);
  const bytes = readFileSync(join(layout, "blobs/sha256", hex));
  if (bytes.length !== size || sha256(bytes) !== digest) throw new Error(`${digest} has another content`);
  return bytes;
}

/** The layers of the image, base first, uncompressed, all verified. */
function layersOf(layout: string, name: string): Buffer[] {
  const index: { manifests: Descriptor[] } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  const found = index.manifests.find(({ annotations }) => annotations?.[NAME] === name);
  if (!found) throw new Error(`${layout} has no image called ${name}`);
  const manifest: { config: Descriptor; layers: Descriptor[] } = JSON.parse(blob(layout, found).toString());
  const config: { rootfs: { diff_ids: string[] } } = JSON.parse(blob(layout, manifest.config).toString());
  return manifest.layers.map((descriptor, at) => {
    const stored = blob(layout, descriptor);
    const tar = stored.readUInt16BE(0) === 0x1f8b ? gunzipSync(stored) : stored;
    if (sha256(tar) !== config.rootfs.diff_ids[at]) throw new Error(`layer ${at} is not the one of the configuration`);
    return tar;
  });
}

class Tree {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    mkdirSync(root);
  }

  /** Whiteouts are about the layers below, wherever in the archive they stand: all of them first. */
  apply(layer: Buffer): void {
    const entries = [...readTar(layer)].map((entry) => ({ entry, parts: partsOf(entry.name) }));
    const isWhiteout = (parts: string[]): boolean => parts.at(-1)?.startsWith(WHITEOUT) ?? false;
    for (const { entry, parts } of entries) {
      if (isWhiteout(parts)) this.#remove(parts);
      else this.#make(entry, parts);
    }
  }

  #remove(parts: string[]): void {
    const parent = this.#directory(parts.slice(0, -1));
    const name = parts.at(-1) as string;
    const gone = name === OPAQUE ? readdirSync(parent) : [name.slice(WHITEOUT.length)];
    for (const one of gone) {
      if (["", ".", ".."].includes(one)) throw new Error(`${name} names nothing`);
      rmSync(join(parent, one), { recursive: true, force: true });
    }
  }

  #make({ name, kind, mode, target, content }: Entry, parts: string[]): void {
    if (parts.length === 0) {
      chmodSync(this.#root, mode);
      return;
    }
    const parent = this.#directory(parts.slice(0, -1));
    const path = join(parent, parts.at(-1) as string);
    const isDirectory = lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
    // A new file, not new content of the old one, which may have other names.
    if (!(isDirectory && kind === "directory")) rmSync(path, { recursive: true, force: true });
    if (kind === "directory" && !isDirectory) mkdirSync(path);
    else if (kind === "file") writeFileSync(path, content, { flag: "wx" });
    else if (kind === "symlink") symlinkSync(target, path);
    else if (kind === "hardlink") linkSync(this.#file(target), path);
    else if (kind === "other") throw new Error(`${name} is neither file, directory nor link`);
    // A link has no mode of its own: chmod would follow it.
    if (kind === "file" || kind === "directory") chmodSync(path, mode);
  }

  /** The directory with these parents. None of them is a link: who follows one is led by whoever made it. */
  #directory(parts: readonly string[]): string {
    let path = this.#root;
    for (const part of parts) {
      path = join(path, part);
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (!found) mkdirSync(path);
      else if (!found.isDirectory()) throw new Error(`${parts.join("/")}: ${part} is not a directory`);
    }
    return path;
  }

  #file(name: string): string {
    const parts = partsOf(name);
    const path = join(this.#directory(parts.slice(0, -1)), parts.at(-1) ?? "");
    if (!lstatSync(path).isFile()) throw new Error(`${name}: a hard link to what is not a file`);
    return path;
  }
}

function partsOf(name: string): string[] {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new Error(`${name} leads out`);
  return parts;
}

const [layout = "", name = "", target = ""] = process.argv.slice(2);
try {
  const layers = layersOf(layout, name);
  const tree = new Tree(target);
  for (const layer of layers) tree.apply(layer);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
