export { type BuildOptions, type BuiltImage, buildImage } from "./build/build-image.ts";
export { type BusyboxImageOptions, buildBusyboxImage, busyboxHttpPort } from "./build/busybox-image.ts";
export type { ImageFile } from "./build/image-file.ts";
export { formatReference, normalizeReference, parseReference, type Reference } from "./reference/parse-reference.ts";
export { hostPlatform, type Platform } from "./spec/platform.ts";
export { type ImageStoreOptions, openImageStore } from "./store/open-image-store.ts";
export * from "./types.ts";
export { defaultLayerLimits, type LayerLimits } from "./unpack/limits.ts";
