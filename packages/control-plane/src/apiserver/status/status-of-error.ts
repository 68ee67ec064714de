import { DrydockError, hasCode, messageOf } from "@drydock/kit";
import type { Status, StatusDetails } from "./status.ts";

/** The one place where error codes become HTTP codes and reasons (those of meta/v1). */
const statusByCode: Record<string, readonly [http: number, reason: string]> = {
  REQUEST_BAD: [400, "BadRequest"],
  REQUEST_UNAUTHORIZED: [401, "Unauthorized"],
  REQUEST_FORBIDDEN: [403, "Forbidden"],
  REQUEST_NOT_FOUND: [404, "NotFound"],
  REQUEST_METHOD_NOT_ALLOWED: [405, "MethodNotAllowed"],
  REQUEST_NOT_ACCEPTABLE: [406, "NotAcceptable"],
  REQUEST_ALREADY_EXISTS: [409, "AlreadyExists"],
  REQUEST_CONFLICT: [409, "Conflict"],
  REQUEST_EXPIRED: [410, "Expired"],
  REQUEST_TOO_LARGE: [413, "RequestEntityTooLarge"],
  REQUEST_UNSUPPORTED_MEDIA_TYPE: [415, "UnsupportedMediaType"],
  REQUEST_INVALID: [422, "Invalid"],
  REQUEST_TOO_MANY: [429, "TooManyRequests"],
  REQUEST_UNAVAILABLE: [503, "ServiceUnavailable"],
  REQUEST_TIMEOUT: [504, "Timeout"],
  SELECTOR_INVALID: [400, "BadRequest"],
  STORE_COMPACTED: [410, "Expired"],
  STORE_FUTURE_REVISION: [504, "Timeout"],
  STORE_TOO_LARGE: [413, "RequestEntityTooLarge"],
  CACHE_CLOSED: [503, "ServiceUnavailable"],
  STORE_CLOSED: [503, "ServiceUnavailable"],
  STORE_UNAVAILABLE: [503, "ServiceUnavailable"],
  STORE_NO_SPACE: [507, "InternalError"],
};

/**
 * Everything that a handler can throw, as the Status that the client gets. Unknown errors are 500 without their inside.
 */
export function statusOfError(error: unknown): Status {
  const known = error instanceof DrydockError ? statusByCode[error.code] : undefined;
  if (!known || !hasCode(error)) return failed(500, "InternalError", `Internal error occurred: ${messageOf(error)}`);
  const [http, reason] = known;
  const message = error.hint ? `${error.message}: ${error.hint}` : error.message;
  return failed(http, reason, message, detailsOf(error));
}

function detailsOf({ code, details }: DrydockError): StatusDetails {
  // A client may want to tell a server without its store from one that is not ready or overloaded: all of them are 503.
  if (code === "STORE_UNAVAILABLE")
    return { causes: [{ reason: "StoreUnavailable", message: "etcd does not answer" }] };
  return code.startsWith("REQUEST_") ? (details as StatusDetails) : {};
}

function failed(code: number, reason: string, message: string, details: StatusDetails = {}): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(Object.keys(details).length === 0 ? {} : { details }),
    code,
  };
}
