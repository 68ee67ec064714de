import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathExists } from "@drydock/kit";
import { buildBusyboxImage } from "@drydock/oci";

const BUSYBOX = "/bin/busybox";

export interface WebImage {
  name: string;
  path: string;
}

/** The images of examples/web.yaml and its next version, as OCI layout tars in `directory`, from this machine's busybox. Built only when they are not there or older than busybox. */
export async function buildWebImages(directory: string): Promise<WebImage[]> {
  await mkdir(directory, { recursive: true });
  const images: WebImage[] = [];
  for (const version of ["v1", "v2"]) {
    const image = { name: `drydock/web:${version}`, path: join(directory, `web-${version}.tar`) };
    if (!(await isCurrent(image.path))) {
      await rm(image.path, { force: true });
      await buildBusyboxImage({ busybox: BUSYBOX, output: image.path, name: image.name, version });
    }
    images.push(image);
  }
  return images;
}

async function isCurrent(path: string): Promise<boolean> {
  return (await pathExists(path)) && (await stat(path)).mtimeMs > (await stat(BUSYBOX)).mtimeMs;
}
