/** The messages of store.proto, as they look in JavaScript. Given. */

export interface Item {
  name: string;
  fields: Record<string, string>;
  version: number;
}

export interface ApplyRequest {
  item: Item | null;
  expectedVersion: number;
  requestId: string;
}

export interface ApplyResponse {
  item: Item;
  created: boolean;
}

export interface ListRequest {
  pageSize: number;
  pageToken: string;
}

export interface ListResponse {
  items: Item[];
  nextPageToken: string;
}

export interface NameRequest {
  name: string;
}
