import type { Unary } from "./call.ts";
import type { Empty } from "./common.ts";

export interface Namespaces {
  list: Unary<ListNamespacesRequest, ListNamespacesResponse>;
  create: Unary<CreateNamespaceRequest, CreateNamespaceResponse>;
  /** CONTAINERD_BAD_STATE unless it is empty. */
  delete: Unary<DeleteNamespaceRequest, Empty>;
}

export interface Namespace {
  name: string;
  labels: Record<string, string>;
}

export interface ListNamespacesRequest {
  filter: string;
}

export interface ListNamespacesResponse {
  namespaces: Namespace[];
}

export interface CreateNamespaceRequest {
  namespace: Namespace;
}

export interface CreateNamespaceResponse {
  namespace: Namespace;
}

export interface DeleteNamespaceRequest {
  name: string;
}
