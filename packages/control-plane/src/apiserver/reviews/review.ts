import type { KubeObject } from "@drydock/machinery";
import type { User } from "../rbac/user.ts";
import type { ApiContext } from "../server/api-context.ts";

/** A question to the server: what is asked, by whom, and the server that answers. */
export interface Question<T extends KubeObject = KubeObject> {
  readonly api: Pick<ApiContext, "policy" | "tokens" | "authorizer">;
  readonly user: User;
  /** "" for questions that have no namespace. */
  readonly namespace: string;
  readonly object: T;
}

/** Answers a question with the status of its object. Throws what makes the question one that has no answer. */
export type Review<T extends KubeObject = KubeObject> = (question: Question<T>) => object;
