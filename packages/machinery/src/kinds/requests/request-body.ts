import type { TSchema } from "@sinclair/typebox";

/** What is sent to a subresource or with a verb, and is no object that could be stored. */
export interface RequestBody {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: TSchema;
}
