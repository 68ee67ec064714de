import type { FieldError } from "@drydock/machinery";
import { readRevision } from "../registry/list-options.ts";
import { badRequest, invalid } from "../status/refusals.ts";

/** Where a watch starts and what it sends besides changes. */
export interface WatchOptions {
  /**
   * "latest", "any": first what is there, as ADDED, read from etcd or as it is cached. "now" or a revision: changes
   * after that only.
   */
  start: "latest" | "any" | "now" | number;
  /** Ends the initial events with a bookmark that says so. */
  markInitialEnd: boolean;
  bookmarks: boolean;
  timeoutMs: number;
}

/** Without a limit from the client a watch ends after 30 to 60 minutes, so that clients spread over servers anew. */
const minimumTimeoutMs = 30 * 60_000;

export function readWatchOptions(query: URLSearchParams, random: () => number = Math.random): WatchOptions {
  const version = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const initial = query.get("sendInitialEvents");
  const errors: FieldError[] = [];
  const forbid = (field: string, message: string) =>
    errors.push({ field, reason: "FieldValueForbidden", message: `Forbidden: ${message}` });
  if (initial !== null && match !== "NotOlderThan") {
    forbid("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (initial === null && match !== "") {
    forbid("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  }
  if (query.get("continue")) forbid("continue", "continue is forbidden for watch");
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);

  const revision = version === "" ? undefined : readRevision(version);
  const wantsInitial = initial === "true";
  const skipsInitial = initial === "false";
  const seconds = readSeconds(query.get("timeoutSeconds"));
  return {
    start: startOf(revision, wantsInitial, skipsInitial),
    markInitialEnd: wantsInitial,
    bookmarks: query.get("allowWatchBookmarks") === "true" || query.get("allowWatchBookmarks") === "1",
    timeoutMs: seconds === undefined ? minimumTimeoutMs * (1 + random()) : seconds * 1000,
  };
}

function startOf(revision: number | undefined, wantsInitial: boolean, skipsInitial: boolean): WatchOptions["start"] {
  if (wantsInitial) return revision === undefined ? "latest" : "any";
  if (revision !== undefined && revision > 0) return revision;
  if (skipsInitial) return "now";
  return revision === 0 ? "any" : "latest";
}

function readSeconds(text: string | null): number | undefined {
  if (text === null || text === "" || text === "0") return undefined;
  const seconds = Number(text);
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw badRequest(`timeoutSeconds: Invalid value: ${JSON.stringify(text)}: must be a whole number of seconds`);
  }
  return seconds;
}
