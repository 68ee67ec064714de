import { imageError } from "../errors.ts";
import { dockerArchiveImage } from "./docker-archive.ts";
import type { ArchiveFiles, FoundImage } from "./image-source.ts";
import { layoutImage } from "./oci-layout.ts";

/**
 * The image called `name` in an OCI layout or an archive of `docker save`; if there is only one image, it may be called
 * anything.
 */
export async function findImage(files: ArchiveFiles, name: string): Promise<FoundImage> {
  // Docker since 25 writes both into one archive: the layout then has the original manifests.
  if ((await files.text("index.json")) !== undefined) return await layoutImage(files, name);
  if ((await files.text("manifest.json")) !== undefined) return await dockerArchiveImage(files, name);
  throw imageError(
    "IMAGE_MALFORMED",
    `${files.path}: has neither index.json (OCI layout) nor manifest.json (docker save)`,
    {
      hint: "make one with: skopeo copy docker://busybox oci-archive:busybox.tar, or docker save busybox -o busybox.tar",
    },
  );
}
