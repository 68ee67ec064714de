import type { FieldError } from "@drydock/machinery";
import { badRequest, invalid } from "../status/refusals.ts";
import { type ContinueToken, decodeContinue } from "./continue-token.ts";

/** How fresh a list must be, decided from resourceVersion and its match rule. */
export type Freshness =
  /** What etcd has now. */
  | { kind: "latest" }
  /** Whatever is at hand. */
  | { kind: "any" }
  /** At least as new as this. */
  | { kind: "notOlderThan"; revision: number }
  /** Exactly this snapshot. */
  | { kind: "exact"; revision: number };

export interface ListOptions {
  freshness: Freshness;
  /** 0 for no limit. */
  limit: number;
  from: ContinueToken | undefined;
}

/**
 * Reads and checks the options of a list; the rules are those of apimachinery/pkg/apis/meta/internalversion/validation.
 */
export function readListOptions(query: URLSearchParams): ListOptions {
  const limit = readInteger(query, "limit");
  const text = query.get("continue") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const version = query.get("resourceVersion") ?? "";
  const errors: FieldError[] = [];
  const forbid = (message: string) =>
    errors.push({ field: "resourceVersionMatch", reason: "FieldValueForbidden", message: `Forbidden: ${message}` });
  if (match !== "") {
    if (version === "") forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (text !== "") forbid("resourceVersionMatch is forbidden when continue is provided");
    if (match !== "Exact" && match !== "NotOlderThan") {
      const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan"`;
      errors.push({ field: "resourceVersionMatch", reason: "FieldValueNotSupported", message });
    }
    if (match === "Exact" && version === "0")
      forbid('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  }
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
  if (text !== "") {
    if (version !== "" && version !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    return { limit, from: decodeContinue(text), freshness: { kind: "latest" } };
  }
  return { limit, from: undefined, freshness: freshnessOf(version, match, limit) };
}

function freshnessOf(version: string, match: string, limit: number): Freshness {
  if (version === "") return { kind: "latest" };
  const revision = readRevision(version);
  if (revision === 0) return { kind: "any" };
  // Without a rule, a page at a revision means that very revision (the behaviour before the rule existed).
  if (match === "Exact" || (match === "" && limit > 0)) return { kind: "exact", revision };
  return { kind: "notOlderThan", revision };
}

export function readRevision(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: must be a revision that this server gave out`,
    );
  }
  return Number(text);
}

function readInteger(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  if (text === "") return 0;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number, 0 or greater`);
  }
  return value;
}
