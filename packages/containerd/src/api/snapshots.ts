import type { ServerStream, Unary } from "./call.ts";
import type { Empty, Mount, Timestamp } from "./common.ts";

export interface Snapshots {
  prepare: Unary<PrepareSnapshotRequest, PrepareSnapshotResponse>;
  view: Unary<ViewSnapshotRequest, ViewSnapshotResponse>;
  mounts: Unary<MountsRequest, MountsResponse>;
  commit: Unary<CommitSnapshotRequest, Empty>;
  remove: Unary<RemoveSnapshotRequest, Empty>;
  stat: Unary<StatSnapshotRequest, StatSnapshotResponse>;
  list: ServerStream<ListSnapshotsRequest, ListSnapshotsResponse>;
  usage: Unary<UsageRequest, UsageResponse>;
}

export interface PrepareSnapshotRequest {
  snapshotter: string;
  key: string;
  /** "" for none. */
  parent: string;
  labels?: Record<string, string>;
}

export interface PrepareSnapshotResponse {
  mounts: Mount[];
}

export interface ViewSnapshotRequest {
  snapshotter: string;
  key: string;
  parent: string;
  labels?: Record<string, string>;
}

export interface ViewSnapshotResponse {
  mounts: Mount[];
}

export interface MountsRequest {
  snapshotter: string;
  key: string;
}

export interface MountsResponse {
  mounts: Mount[];
}

export interface RemoveSnapshotRequest {
  snapshotter: string;
  key: string;
}

export interface CommitSnapshotRequest {
  snapshotter: string;
  name: string;
  key: string;
  labels?: Record<string, string>;
}

export interface StatSnapshotRequest {
  snapshotter: string;
  key: string;
}

export type Kind = "UNKNOWN" | "VIEW" | "ACTIVE" | "COMMITTED";

export interface Info {
  name: string;
  parent: string;
  kind: Kind;
  createdAt: Timestamp | null;
  updatedAt: Timestamp | null;
  labels: Record<string, string>;
}

export interface StatSnapshotResponse {
  info: Info;
}

export interface ListSnapshotsRequest {
  snapshotter: string;
  filters: string[];
}

export interface ListSnapshotsResponse {
  info: Info[];
}

export interface UsageRequest {
  snapshotter: string;
  key: string;
}

export interface UsageResponse {
  /** Bytes on disk. */
  size: number;
  inodes: number;
}
