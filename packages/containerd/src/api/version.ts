import type { Unary } from "./call.ts";
import type { Empty } from "./common.ts";

export interface Version {
  version: Unary<Empty, VersionResponse>;
}

export interface VersionResponse {
  version: string;
  revision: string;
}
