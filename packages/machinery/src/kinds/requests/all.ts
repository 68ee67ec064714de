import { DeleteOptions } from "./delete-options.ts";
import { Binding, Eviction } from "./pod-requests.ts";
import type { RequestBody } from "./request-body.ts";
import { Scale } from "./scale.ts";
import { TokenRequest } from "./token-request.ts";

/** What is sent to subresources and with verbs. */
export const requestBodies: readonly RequestBody[] = [Binding, DeleteOptions, Eviction, Scale, TokenRequest];
