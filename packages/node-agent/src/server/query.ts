import { agentError } from "../errors.ts";
import type { LogOptions } from "../logs/read-log.ts";

export function flagOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value === "true" || value === "1" || value === "";
}

function countOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value) && value >= 0) return value;
  throw agentError("AGENT_BAD_REQUEST", `${name}: "${text}" is not a whole number from 0`);
}

/** The options of a log request, with the names of PodLogOptions. */
export function logOptionsOf(query: URLSearchParams, now: number): LogOptions {
  const tailLines = countOf(query, "tailLines");
  const limitBytes = countOf(query, "limitBytes");
  const seconds = countOf(query, "sinceSeconds");
  const since = query.get("sinceTime");
  const sinceTime =
    since !== null
      ? sortableTime(since)
      : seconds !== undefined
        ? sortableTime(new Date(now - seconds * 1000).toISOString())
        : undefined;
  return {
    follow: flagOf(query, "follow"),
    timestamps: flagOf(query, "timestamps"),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
  };
}

/** An RFC 3339 time as log entries have it (UTC, nine digits), so that the two compare as text. */
export function sortableTime(text: string): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\d*(Z|[+-]\d\d:\d\d)$/.exec(text);
  const [, seconds, fraction = "", zone] = match ?? [];
  const whole = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(whole)) {
    throw agentError("AGENT_BAD_REQUEST", `sinceTime: "${text}" is not a time like 2026-11-21T08:51:20Z`);
  }
  return `${new Date(whole).toISOString().slice(0, 19)}.${fraction.padEnd(9, "0")}Z`;
}
