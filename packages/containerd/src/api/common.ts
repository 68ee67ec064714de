/** google.protobuf.Timestamp. */
export interface Timestamp {
  seconds: number;
  nanos: number;
}

/** google.protobuf.Any: a message of a type that the carrier does not know. */
export interface Any {
  type_url: string;
  value: Uint8Array;
}

/** google.protobuf.FieldMask: which fields of an update count. */
export interface FieldMask {
  paths: string[];
}

/** google.protobuf.Empty. */
export type Empty = Record<string, never>;

export interface Descriptor {
  mediaType: string;
  digest: string;
  /** Bytes. */
  size: number;
  annotations?: Record<string, string>;
}

/** One mount(2) that a snapshotter asks its caller to make. */
export interface Mount {
  type: string;
  source: string;
  target: string;
  options: string[];
}

export interface Envelope {
  timestamp: Timestamp | null;
  namespace: string;
  topic: string;
  event: Any | null;
}

export interface Platform {
  os: string;
  architecture: string;
  variant: string;
}

export interface Metric {
  timestamp: Timestamp | null;
  id: string;
  data: Any | null;
}
