import type { BidiStream, ServerStream, Unary } from "./call.ts";
import type { Empty, FieldMask, Timestamp } from "./common.ts";

export interface Content {
  info: Unary<InfoRequest, InfoResponse>;
  update: Unary<UpdateRequest, UpdateResponse>;
  list: ServerStream<ListContentRequest, ListContentResponse>;
  delete: Unary<DeleteContentRequest, Empty>;
  read: ServerStream<ReadContentRequest, ReadContentResponse>;
  listStatuses: Unary<ListStatusesRequest, ListStatusesResponse>;
  write: BidiStream<WriteContentRequest, WriteContentResponse>;
  abort: Unary<AbortRequest, Empty>;
}

export interface Info {
  digest: string;
  /** Bytes. */
  size: number;
  createdAt: Timestamp | null;
  updatedAt: Timestamp | null;
  labels: Record<string, string>;
}

export interface InfoRequest {
  digest: string;
}

export interface InfoResponse {
  info: Info;
}

export interface UpdateRequest {
  info: Partial<Info> & { digest: string };
  updateMask: FieldMask;
}

export interface UpdateResponse {
  info: Info;
}

export interface ListContentRequest {
  filters: string[];
}

export interface ListContentResponse {
  info: Info[];
}

export interface DeleteContentRequest {
  digest: string;
}

export interface ReadContentRequest {
  digest: string;
  offset?: number;
  /** 0: to the end. */
  size?: number;
}

export interface ReadContentResponse {
  offset: number;
  data: Buffer;
}

/** Content that is being written. */
export interface Status {
  startedAt: Timestamp | null;
  updatedAt: Timestamp | null;
  ref: string;
  offset: number;
  total: number;
  expected: string;
}

export interface ListStatusesRequest {
  filters: string[];
}

export interface ListStatusesResponse {
  statuses: Status[];
}

export type WriteAction = "STAT" | "WRITE" | "COMMIT";

export interface WriteContentRequest {
  action: WriteAction;
  ref?: string;
  total?: number;
  expected?: string;
  offset?: number;
  data?: Uint8Array;
  labels?: Record<string, string>;
}

export interface WriteContentResponse {
  action: WriteAction;
  startedAt: Timestamp | null;
  updatedAt: Timestamp | null;
  offset: number;
  total: number;
  digest: string;
}

export interface AbortRequest {
  ref: string;
}
