import type { Empty } from "../../api/common.ts";
import type { FilesystemUsage, ImageSpec, Int64Value } from "./common.ts";
import type { PodSandboxConfig } from "./sandbox-config.ts";

export interface ListImagesRequest {
  filter?: ImageFilter;
}

export interface ImageFilter {
  image?: ImageSpec;
}

export interface ListImagesResponse {
  images: Image[];
}

export interface Image {
  /** Digest of its config. */
  id: string;
  repoTags: string[];
  /** name@digest of its manifest */
  repoDigests: string[];
  /** bytes */
  size: number;
  /** Whom it runs as: a number or a name, neither for root. */
  uid: Int64Value | null;
  username: string;
  spec: ImageSpec | null;
  /** Never collected. */
  pinned: boolean;
}

export interface StreamImagesRequest {
  filter?: ImageFilter;
}

export interface StreamImagesResponse {
  images: Image[];
}

export interface ImageStatusRequest {
  image: ImageSpec;
  verbose?: boolean;
}

/** Without an image when there is none. */
export interface ImageStatusResponse {
  image: Image | null;
  info: Record<string, string>;
}

export interface PullImageRequest {
  image: ImageSpec;
  auth?: AuthConfig;
  sandboxConfig?: PodSandboxConfig;
}

export interface AuthConfig {
  username?: string;
  password?: string;
  auth?: string;
  serverAddress?: string;
  identityToken?: string;
  registryToken?: string;
}

export interface PullImageResponse {
  imageRef: string;
}

export interface RemoveImageRequest {
  image: ImageSpec;
}

export type RemoveImageResponse = Empty;

export type ImageFsInfoRequest = Empty;

export interface ImageFsInfoResponse {
  imageFilesystems: FilesystemUsage[];
  containerFilesystems: FilesystemUsage[];
}
