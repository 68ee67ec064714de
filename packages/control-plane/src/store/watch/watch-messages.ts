/** The messages of protos/etcd/rpc.proto as they are decoded. Revisions fit a number: 2^53 writes take millennia. */
export interface WatchResponse {
  header: { revision: number; clusterId: number } | null;
  watchId: number;
  created: boolean;
  canceled: boolean;
  compactRevision: number;
  cancelReason: string;
  fragment: boolean;
  events: WatchedEvent[];
}

export interface WatchedEvent {
  type: "PUT" | "DELETE";
  kv: WatchedKeyValue;
  prevKv: WatchedKeyValue | null;
}

export interface WatchedKeyValue {
  key: Buffer;
  createRevision: number;
  modRevision: number;
  value: Buffer;
}

export interface WatchRequest {
  createRequest: {
    key: Buffer;
    rangeEnd: Buffer;
    startRevision: number;
    progressNotify: boolean;
    prevKv: boolean;
    fragment: boolean;
  };
}
