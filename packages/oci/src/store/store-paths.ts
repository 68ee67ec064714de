import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, messageOf } from "@drydock/kit";
import { digestHex, digestOf } from "../digest.ts";
import { imageError } from "../errors.ts";

/**
 * How a store lies on disk. Everything is made in `tmp` and renamed to its place:
 *
 *     lock                    shared by whoever adds something, exclusive for garbage collection
 *     blobs/sha256/<hex>      manifests, configs and compressed layers, named by their content
 *     names/<hex>.json        one reference and the descriptor it stands for; <hex> is the digest of the reference
 *     layers/sha256/<hex>/    fs (the unpacked layer), layer.json (what we learned while unpacking)
 *     empty                   an empty directory, what images without layers consist of
 *     tmp/<random>            being written; without an owner once the lock can be taken exclusively
 */
export class StorePaths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get lock(): string {
    return join(this.root, "lock");
  }

  get names(): string {
    return join(this.root, "names");
  }

  get blobs(): string {
    return join(this.root, "blobs", "sha256");
  }

  get layers(): string {
    return join(this.root, "layers", "sha256");
  }

  get empty(): string {
    return join(this.root, "empty");
  }

  get tmp(): string {
    return join(this.root, "tmp");
  }

  blob(digest: string): string {
    return join(this.blobs, digestHex(digest));
  }

  name(reference: string): string {
    return join(this.names, `${digestHex(digestOf(reference))}.json`);
  }

  layer(id: string): string {
    return join(this.layers, digestHex(id));
  }

  temporary(): string {
    return join(this.tmp, randomBytes(12).toString("hex"));
  }
}

/** Makes the directories. The root is closed to others, because images may contain setuid programs and secrets. */
export async function prepareStore(root: string): Promise<StorePaths> {
  const paths = new StorePaths(root);
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    for (const directory of [paths.blobs, paths.names, paths.layers, paths.tmp, paths.empty]) {
      await mkdir(directory, { recursive: true, mode: directory === paths.empty ? 0o755 : 0o700 });
    }
  } catch (error) {
    throw imageError("IMAGE_STORE_UNUSABLE", `image store ${root}: ${messageOf(error)}`, {
      cause: error,
      details: { directory: root, errno: errnoOf(error) },
      hint: "give a directory that can be written to, and run as root",
    });
  }
  return paths;
}
