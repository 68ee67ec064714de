import type { Unary } from "./call.ts";
import type { Descriptor, Mount } from "./common.ts";

export interface Diff {
  apply: Unary<ApplyRequest, ApplyResponse>;
}

export interface ApplyRequest {
  /** The layer, in the content store. */
  diff: Descriptor;
  mounts: Mount[];
}

export interface ApplyResponse {
  /** The uncompressed layer. */
  applied: Descriptor;
}
