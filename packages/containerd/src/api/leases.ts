import type { Unary } from "./call.ts";
import type { Empty, Timestamp } from "./common.ts";

export interface Leases {
  create: Unary<CreateRequest, CreateResponse>;
  delete: Unary<DeleteRequest, Empty>;
  list: Unary<ListRequest, ListResponse>;
}

export interface Lease {
  id: string;
  createdAt: Timestamp | null;
  labels: Record<string, string>;
}

export interface CreateRequest {
  id: string;
  labels: Record<string, string>;
}

export interface CreateResponse {
  lease: Lease;
}

export interface DeleteRequest {
  id: string;
  /** Wait until what only it kept has been collected. */
  sync?: boolean;
}

export interface ListRequest {
  filters: string[];
}

export interface ListResponse {
  leases: Lease[];
}
