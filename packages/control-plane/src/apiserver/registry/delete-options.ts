import type { FieldError } from "@drydock/machinery";
import { badRequest, invalid } from "../status/refusals.ts";

/** meta/v1 DeleteOptions. */
export interface DeletionOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: "Foreground" | "Background" | "Orphan";
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun: boolean;
}

const policies = ["Foreground", "Background", "Orphan"] as const;

/** Reads DeleteOptions from the body, or from the query when there is no body. Throws REQUEST_BAD, REQUEST_INVALID. */
export function readDeletionOptions(body: unknown, query: URLSearchParams): DeletionOptions {
  if (body !== undefined && (typeof body !== "object" || body === null || Array.isArray(body))) {
    throw badRequest("the body of a delete must be a DeleteOptions object");
  }
  const given = (body ?? {}) as Record<string, unknown>;
  const errors: FieldError[] = [];
  const invalidValue = (field: string, value: unknown, text: string, reason: FieldError["reason"]) =>
    errors.push({
      field,
      reason,
      message: `${reason === "FieldValueNotSupported" ? "Unsupported" : "Invalid"} value: ${JSON.stringify(value)}: ${text}`,
    });

  const grace = given.gracePeriodSeconds ?? numberIn(query.get("gracePeriodSeconds"));
  if (grace !== undefined && grace !== null && !Number.isSafeInteger(grace)) {
    invalidValue("gracePeriodSeconds", grace, "must be an integer", "FieldValueInvalid");
  }
  const orphan =
    given.orphanDependents === true ? "Orphan" : given.orphanDependents === false ? "Background" : undefined;
  const policy = given.propagationPolicy ?? query.get("propagationPolicy") ?? orphan;
  if (policy !== undefined && !policies.some((one) => one === policy)) {
    invalidValue(
      "propagationPolicy",
      policy,
      'supported values: "Background", "Foreground", "Orphan"',
      "FieldValueNotSupported",
    );
  }
  const dryRun = [...query.getAll("dryRun"), ...(Array.isArray(given.dryRun) ? given.dryRun : [])].filter(
    (one) => one !== "",
  );
  if (dryRun.some((one) => one !== "All"))
    invalidValue("dryRun", dryRun, 'supported values: "All"', "FieldValueNotSupported");
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  return {
    dryRun: dryRun.length > 0,
    ...(typeof grace === "number" ? { gracePeriodSeconds: grace } : {}),
    ...(policy ? { propagationPolicy: policy as (typeof policies)[number] } : {}),
    ...(isPreconditions(given.preconditions) ? { preconditions: given.preconditions } : {}),
  };
}

function numberIn(text: string | null): number | undefined {
  return text === null || text === "" ? undefined : Number(text);
}

function isPreconditions(value: unknown): value is { uid?: string; resourceVersion?: string } {
  return typeof value === "object" && value !== null;
}
