import type { User } from "../rbac/user.ts";
import type { RequestInfo } from "./request-info.ts";

/** What the stages of the pipeline learn about one request, in order. */
export interface RequestContext {
  readonly id: string;
  readonly method: string;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  /** Ends when the client goes away or the server closes. */
  readonly signal: AbortSignal;
  /** Set by the authenticate stage. */
  user: User;
  /** Who really sent it, when `user` is impersonated. */
  sender?: User;
  /** Texts that go into Warning headers. */
  readonly warnings: string[];
  readonly startedAt: number;
}

/** The query parameters that all writes share. */
export interface WriteParameters {
  dryRun: boolean;
  fieldValidation: "Strict" | "Warn" | "Ignore";
  fieldManager: string;
}
