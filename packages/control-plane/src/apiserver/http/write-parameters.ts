import type { FieldError } from "@drydock/machinery";
import { invalid } from "../status/refusals.ts";
import type { WriteParameters } from "./request-context.ts";

const levels = ["Ignore", "Warn", "Strict"] as const;

/**
 * Reads `dryRun`, `fieldValidation` and `fieldManager`; throws REQUEST_INVALID as kube-apiserver does. `optionsKind`:
 * CreateOptions, UpdateOptions, PatchOptions.
 */
export function readWriteParameters(query: URLSearchParams, optionsKind: string, userAgent: string): WriteParameters {
  const errors: FieldError[] = [];
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  for (const value of dryRun) if (value !== "All") errors.push(unsupported("dryRun", value, ["All"]));
  const fieldValidation = query.get("fieldValidation") || "Warn";
  if (!isLevel(fieldValidation)) errors.push(unsupported("fieldValidation", fieldValidation, levels));
  const fieldManager = query.get("fieldManager") ?? "";
  if (fieldManager.length > 128) {
    const message = "Too long: may not be more than 128 bytes";
    errors.push({ field: "fieldManager", reason: "FieldValueTooLong", message });
  }
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: optionsKind }, "", errors);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: isLevel(fieldValidation) ? fieldValidation : "Warn",
    // As Kubernetes: the program's name from User-Agent when the client names no manager.
    fieldManager: fieldManager || (userAgent.split("/")[0] ?? "").slice(0, 128) || "unknown",
  };
}

function isLevel(text: string): text is WriteParameters["fieldValidation"] {
  return (levels as readonly string[]).includes(text);
}

function unsupported(field: string, value: string, supported: readonly string[]): FieldError {
  const list = supported.map((one) => JSON.stringify(one)).join(", ");
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { field, reason: "FieldValueNotSupported", message };
}
