import type { Unary } from "./call.ts";
import type { Descriptor, Empty, FieldMask, Timestamp } from "./common.ts";

export interface Images {
  get: Unary<GetImageRequest, GetImageResponse>;
  list: Unary<ListImagesRequest, ListImagesResponse>;
  create: Unary<CreateImageRequest, CreateImageResponse>;
  update: Unary<UpdateImageRequest, UpdateImageResponse>;
  delete: Unary<DeleteImageRequest, Empty>;
}

export interface Image {
  name: string;
  labels: Record<string, string>;
  /** A manifest, or an index of manifests for several platforms. */
  target: Descriptor;
  createdAt: Timestamp | null;
  updatedAt: Timestamp | null;
}

export interface GetImageRequest {
  name: string;
}

export interface GetImageResponse {
  image: Image;
}

export interface ListImagesRequest {
  filters: string[];
}

export interface ListImagesResponse {
  images: Image[];
}

export interface CreateImageRequest {
  image: Omit<Image, "createdAt" | "updatedAt">;
}

export interface CreateImageResponse {
  image: Image;
}

export interface UpdateImageRequest {
  image: Partial<Image> & { name: string };
  updateMask: FieldMask;
}

export interface UpdateImageResponse {
  image: Image;
}

export interface DeleteImageRequest {
  name: string;
  /** Wait until what only it kept has been collected. */
  sync?: boolean;
}
