import type { DrydockError } from "@drydock/kit";
import { failure } from "../errors.ts";

/** How the API server says no: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#response-status-kind */
export interface Status {
  apiVersion: "v1";
  kind: "Status";
  metadata?: object;
  status?: "Success" | "Failure";
  message?: string;
  reason?: string;
  code?: number;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
}

type Code = Parameters<typeof failure>[0];

/** Reasons come first: 409 is both a lost race and a name that is taken. */
const byReason: Readonly<Record<string, Code>> = {
  AlreadyExists: "API_ALREADY_EXISTS",
  Conflict: "API_CONFLICT",
  Expired: "API_EXPIRED",
  Gone: "API_EXPIRED",
  Forbidden: "API_FORBIDDEN",
  Invalid: "API_INVALID",
  MethodNotAllowed: "API_METHOD_NOT_ALLOWED",
  NotFound: "API_NOT_FOUND",
  TooManyRequests: "API_TOO_MANY_REQUESTS",
  Unauthorized: "API_UNAUTHORIZED",
};

const byHttpStatus: Readonly<Record<number, Code>> = {
  400: "API_BAD_REQUEST",
  401: "API_UNAUTHORIZED",
  403: "API_FORBIDDEN",
  404: "API_NOT_FOUND",
  405: "API_METHOD_NOT_ALLOWED",
  409: "API_CONFLICT",
  410: "API_EXPIRED",
  422: "API_INVALID",
  429: "API_TOO_MANY_REQUESTS",
};

/** The error for a refusal. `request` is what was asked, e.g. `GET /api/v1/pods`. */
export function errorFromStatus(status: Status, httpStatus: number, request: string): DrydockError {
  const code = byReason[status.reason ?? ""] ?? byHttpStatus[httpStatus] ?? other(httpStatus);
  const seconds = status.details?.retryAfterSeconds;
  return failure(code, status.message || `${request} is answered with ${httpStatus} ${status.reason ?? ""}`.trim(), {
    details: { status, httpStatus, request, ...(seconds ? { retryAfterMs: seconds * 1000 } : {}) },
  });
}

function other(httpStatus: number): Code {
  return httpStatus >= 500 ? "API_UNAVAILABLE" : "API_REFUSED";
}

/** The Status in the body of a refusal, or one made from the HTTP status when the body is something else (a proxy's page). */
export function parseStatus(body: string, httpStatus: number): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isStatus(parsed)) return parsed;
  } catch {
    // Not JSON: the text itself is all that we know.
  }
  const message = body.trim().slice(0, 500);
  return { apiVersion: "v1", kind: "Status", status: "Failure", code: httpStatus, ...(message ? { message } : {}) };
}

export function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}
