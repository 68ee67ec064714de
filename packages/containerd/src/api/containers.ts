import type { Unary } from "./call.ts";
import type { Any, Empty, FieldMask, Timestamp } from "./common.ts";

export interface Containers {
  get: Unary<GetContainerRequest, GetContainerResponse>;
  list: Unary<ListContainersRequest, ListContainersResponse>;
  create: Unary<CreateContainerRequest, CreateContainerResponse>;
  update: Unary<UpdateContainerRequest, UpdateContainerResponse>;
  delete: Unary<DeleteContainerRequest, Empty>;
}

export interface Runtime {
  name: string;
  options: Any | null;
}

export interface Container {
  id: string;
  /** Key and value together have at most 4096 bytes. */
  labels: Record<string, string>;
  /** Name of the image, for information. */
  image: string;
  runtime: Runtime | null;
  /** The OCI runtime configuration, as JSON. */
  spec: Any | null;
  snapshotter: string;
  snapshotKey: string;
  createdAt: Timestamp | null;
  updatedAt: Timestamp | null;
  extensions: Record<string, Any>;
}

export interface GetContainerRequest {
  id: string;
}

export interface GetContainerResponse {
  container: Container;
}

export interface ListContainersRequest {
  /** Any of these: `labels."a"==b,image==c`. */
  filters: string[];
}

export interface ListContainersResponse {
  containers: Container[];
}

export interface CreateContainerRequest {
  container: Omit<Container, "createdAt" | "updatedAt">;
}

export interface CreateContainerResponse {
  container: Container;
}

export interface UpdateContainerRequest {
  container: Partial<Container> & { id: string };
  updateMask: FieldMask;
}

export interface UpdateContainerResponse {
  container: Container;
}

export interface DeleteContainerRequest {
  id: string;
}
