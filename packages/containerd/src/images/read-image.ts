import { chainIds, type ImageConfig, joinConfig, resolveManifest } from "@drydock/oci";
import type { Descriptor } from "../api/common.ts";
import type { Content } from "../api/content.ts";
import { readDocument } from "../content/read-document.ts";

/** An image in containerd, for this machine's platform. */
export interface ContainerdImage {
  /** Digest of the manifest. */
  digest: string;
  configDigest: string;
  config: ImageConfig;
  layers: Descriptor[];
  diffIds: string[];
  /** Name of its top-most snapshot; "" when it has no layers. */
  chainId: string;
  /** Compressed size of all its blobs, bytes. */
  size: number;
}

/** Reads what a manifest, or an index of several, describes. */
export async function readImage(content: Content, target: Pick<Descriptor, "digest"> & Partial<Descriptor>) {
  const root = { mediaType: "", size: 0, ...target };
  const { descriptor, manifest } = await resolveManifest(root, ({ digest }) => readDocument(content, digest));
  const configText = await readDocument(content, manifest.config.digest);
  const { config } = joinConfig(descriptor, manifest, configText);
  const sizes = [manifest.config, ...manifest.layers].map(({ size }) => size);
  const image: ContainerdImage = {
    digest: descriptor.digest,
    configDigest: manifest.config.digest,
    config: config.config,
    layers: manifest.layers,
    diffIds: config.diffIds,
    chainId: chainIds(config.diffIds).at(-1) ?? "",
    size: sizes.reduce((sum, size) => sum + size, descriptor.size),
  };
  return image;
}
