import { digestHex } from "../digest.ts";
import { normalizeReference, parseReference } from "../reference/parse-reference.ts";
import { asString, malformed, parseDocument } from "../spec/check.ts";
import { parseManifest } from "../spec/manifest.ts";
import type { Descriptor } from "../types.ts";
import type { ArchiveFiles, FoundImage } from "./image-source.ts";

const refName = "org.opencontainers.image.ref.name";
const containerdName = "io.containerd.image.name";

/** An image in an OCI image layout (image-spec image-layout.md). */
export async function layoutImage(files: ArchiveFiles, name: string): Promise<FoundImage> {
  const marker = await files.text("oci-layout");
  if (marker === undefined) throw malformed(files.path, "has index.json but no oci-layout file");
  const version = asString(
    files.path,
    "imageLayoutVersion",
    parseDocument(`${files.path}: oci-layout`, marker).imageLayoutVersion,
  );
  if (!version.startsWith("1.")) throw malformed(files.path, `is an OCI layout of the unknown version ${version}`);
  const what = `${files.path}: index.json`;
  const index = parseManifest(what, (await files.text("index.json")) ?? "");
  if (index.kind !== "index") throw malformed(what, "is not an image index");
  return {
    root: chooseByName(what, index.manifests, name),
    fileOf: (digest) => `blobs/sha256/${digestHex(digest)}`,
    documents: new Map(),
  };
}

function chooseByName(what: string, manifests: readonly Descriptor[], name: string): Descriptor {
  const [first] = manifests;
  if (first === undefined) throw malformed(what, "names no image");
  if (manifests.length === 1) return first;
  const { tag } = parseReference(name);
  const namesOf = ({ annotations = {} }: Descriptor) =>
    [annotations[containerdName], annotations[refName]].filter((found) => found !== undefined);
  const exact = manifests.find((manifest) => namesOf(manifest).some((found) => isSameName(found, name)));
  // The specification wants a tag here, skopeo writes whatever the user typed.
  const byTag = manifests.filter((manifest) => tag !== undefined && namesOf(manifest).includes(tag));
  const chosen = exact ?? (byTag.length === 1 ? byTag[0] : undefined);
  if (chosen) return chosen;
  const found = manifests.map((manifest) => namesOf(manifest)[0] ?? manifest.digest);
  throw malformed(what, `has ${manifests.length} images and none is called ${name}: ${found.join(", ")}`);
}

function isSameName(found: string, name: string): boolean {
  try {
    return normalizeReference(found) === name;
  } catch {
    // Annotations may hold any text.
    return false;
  }
}
