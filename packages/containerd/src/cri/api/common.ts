/** A number that may be absent. */
export interface Int64Value {
  value: number;
}

export interface UInt64Value {
  value: number;
}

export interface KeyValue {
  key: string;
  value: Uint8Array;
}

export interface ImageSpec {
  /** A reference, or the id that a pull or a status answered with. */
  image: string;
  annotations?: Record<string, string>;
  userSpecifiedImage?: string;
  runtimeHandler?: string;
  imageRef?: string;
}

export interface FilesystemIdentifier {
  mountpoint: string;
}

export interface FilesystemUsage {
  /** Times are ns since the epoch. */
  timestamp: number;
  fsId: FilesystemIdentifier | null;
  usedBytes: UInt64Value | null;
  inodesUsed: UInt64Value | null;
}
