/**
 * Media types of image-spec 1.1 (media-types.md) and docker's "schema 2" twins of them, which most registries still
 * serve.
 */
export const mediaType = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  dockerLayerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
} as const;

export const indexTypes: readonly string[] = [mediaType.ociIndex, mediaType.dockerIndex];
export const manifestTypes: readonly string[] = [mediaType.ociManifest, mediaType.dockerManifest];
export const configTypes: readonly string[] = [mediaType.ociConfig, mediaType.dockerConfig];
export const layerTypes: readonly string[] = [
  mediaType.ociLayer,
  mediaType.ociLayerGzip,
  mediaType.ociLayerZstd,
  mediaType.dockerLayer,
  mediaType.dockerLayerGzip,
  mediaType.dockerLayerZstd,
  // "Non-distributable" layers: deprecated, same content.
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
];
