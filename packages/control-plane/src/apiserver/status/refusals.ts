import type { DrydockError } from "@drydock/kit";
import type { FieldError } from "@drydock/machinery";
import { failure } from "../../errors.ts";
import type { StatusCause, StatusDetails } from "./status.ts";

/**
 * The ways in which a request is refused, in the words of Kubernetes (apimachinery/pkg/api/errors): clients and people
 * match on them. Each makes a DrydockError whose `details` are the details of the Status that is answered.
 */

interface ResourceName {
  group: string;
  plural: string;
}

/** "pods", "workloads.drydock.dev" */
export function qualifiedResource({ group, plural }: ResourceName): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function about(type: ResourceName, name: string): StatusDetails {
  return { ...(name ? { name } : {}), ...(type.group ? { group: type.group } : {}), kind: type.plural };
}

function refusal(code: Parameters<typeof failure>[0], message: string, details: StatusDetails = {}): DrydockError {
  return failure(code, message, { details: { ...details } });
}

export function notFound(type: ResourceName, name: string): DrydockError {
  return refusal("REQUEST_NOT_FOUND", `${qualifiedResource(type)} "${name}" not found`, about(type, name));
}

/** No such resource, or no such path. */
export function noSuchResource(): DrydockError {
  return refusal("REQUEST_NOT_FOUND", "the server could not find the requested resource");
}

export function alreadyExists(type: ResourceName, name: string): DrydockError {
  return refusal("REQUEST_ALREADY_EXISTS", `${qualifiedResource(type)} "${name}" already exists`, about(type, name));
}

export function generateNameTaken(type: ResourceName, name: string): DrydockError {
  const error = `${qualifiedResource(type)} "${name}" already exists, the server was not able to generate a unique name for the object`;
  return refusal("REQUEST_ALREADY_EXISTS", error, about(type, name));
}

export function conflict(type: ResourceName, name: string, why?: string): DrydockError {
  const reason = why ?? "the object has been modified; please apply your changes to the latest version and try again";
  const message = `Operation cannot be fulfilled on ${qualifiedResource(type)} "${name}": ${reason}`;
  return refusal("REQUEST_CONFLICT", message, about(type, name));
}

/** Server-side apply met fields that others own; one cause for each field. */
export function applyConflict(message: string, causes: StatusCause[]): DrydockError {
  return refusal("REQUEST_CONFLICT", message, { causes });
}

export function badRequest(message: string): DrydockError {
  return refusal("REQUEST_BAD", message);
}

export function unauthorized(): DrydockError {
  return refusal("REQUEST_UNAUTHORIZED", "Unauthorized");
}

export function forbidden(type: ResourceName, name: string, why: string, causes?: StatusCause[]): DrydockError {
  const subject = name ? `${qualifiedResource(type)} "${name}"` : qualifiedResource(type);
  const details = { ...about(type, name), ...(causes ? { causes } : {}) };
  return refusal("REQUEST_FORBIDDEN", `${subject} is forbidden: ${why}`, details);
}

export function forbiddenPath(why: string): DrydockError {
  return refusal("REQUEST_FORBIDDEN", `forbidden: ${why}`);
}

/** `Workload.drydock.dev "web" is invalid: spec.replicas: Invalid value: -1: …`, several errors in brackets. */
export function invalid(
  type: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): DrydockError {
  const texts = errors.map((error) => `${error.field}: ${error.message}`);
  const all = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const qualified = type.group === "" ? type.kind : `${type.kind}.${type.group}`;
  return refusal("REQUEST_INVALID", `${qualified} "${name}" is invalid: ${all}`, {
    ...(name ? { name } : {}),
    ...(type.group ? { group: type.group } : {}),
    kind: type.kind,
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

export function methodNotAllowed(
  why = "the server does not allow this method on the requested resource",
): DrydockError {
  return refusal("REQUEST_METHOD_NOT_ALLOWED", why);
}

export function notAcceptable(accepted: readonly string[]): DrydockError {
  const list = accepted.join(", ");
  return refusal("REQUEST_NOT_ACCEPTABLE", `only the following media types are accepted: ${list}`);
}

export function unsupportedMediaType(message: string): DrydockError {
  return refusal("REQUEST_UNSUPPORTED_MEDIA_TYPE", message);
}

export function tooLarge(limitBytes: number): DrydockError {
  return refusal("REQUEST_TOO_LARGE", `Request entity too large: limit is ${limitBytes}`);
}

export function tooManyRequests(retryAfterSeconds: number): DrydockError {
  const message = "The server has received too many requests and has asked us to try again later";
  return refusal("REQUEST_TOO_MANY", message, { retryAfterSeconds });
}

/** A pod may not be evicted now: its disruption budget is used up. */
export function tooManyDisruptions(message: string, cause: string, retryAfterSeconds: number): DrydockError {
  const causes = [{ reason: "DisruptionBudget", message: cause }];
  return refusal("REQUEST_TOO_MANY", message, { causes, ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}) });
}

/** A continue token or a watch whose revision has been compacted: list again. */
export function expired(message: string): DrydockError {
  return refusal("REQUEST_EXPIRED", message);
}

/** The client asked for state that is newer than what this server has seen; it may come. */
export function tooNew(asked: number, current: number): DrydockError {
  return refusal("REQUEST_TIMEOUT", `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

export function unavailable(message: string): DrydockError {
  return refusal("REQUEST_UNAVAILABLE", message);
}
