import { hasCode } from "@drydock/kit";
import { type Client, Lease, type ObjectList } from "@drydock/machinery";
import { getJson, queryOf } from "../api/raw.ts";
import { pathOf } from "../api/resource.ts";
import { failure } from "../errors.ts";
import { seconds } from "../parse/seconds.ts";

/** A point in the past that objects can be read at. */
export interface PastPoint {
  revision: number;
  /** When that was, ms since the epoch; undefined when a revision was asked for. */
  time: number | undefined;
}

/**
 * Finds the revision that `--at` means: one (12345), a time (RFC 3339), or how long ago (5m). etcd has no clock; but Leases are renewed every few seconds with
 * the time in them, so reading them as they were at a revision tells when that was. Throws CLI_USAGE, CLI_HISTORY_GONE.
 */
export async function revisionAt(client: Client, text: string, now: number): Promise<PastPoint> {
  if (/^\d+$/.test(text)) return { revision: Number(text), time: undefined };
  const asked = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : now - seconds(text, "--at") * 1000;
  if (Number.isNaN(asked)) {
    throw failure("CLI_USAGE", `--at: "${text}" is no point in time`, {
      hint: "write it like 12345, 5m or 2026-01-31T12:00:00Z",
    });
  }
  const current = await leasesAt(client, undefined);
  const found = await lastNotAfter(asked, current, (revision) => timeAt(client, revision));
  if (found) return found;
  throw failure(
    "CLI_HISTORY_GONE",
    `the objects of ${new Date(asked).toISOString().slice(0, 19)}Z are no longer known`,
    {
      hint: "etcd forgets old revisions (after an hour, as drydock up starts it), and nothing was renewed before the cluster ran: ask for a later time",
    },
  );
}

/**
 * The last revision whose time is not after `asked`, by halving what is left: times only grow. `timeAt` is undefined where history is gone, or where there was no
 * clock yet. Pure but for `timeAt`.
 */
export async function lastNotAfter(
  asked: number,
  current: { revision: number; time: number | undefined },
  timeAt: (revision: number) => Promise<number | undefined>,
): Promise<PastPoint | undefined> {
  if (current.time === undefined) return undefined;
  if (current.time <= asked) return { revision: current.revision, time: current.time };
  let low = 0;
  let high = current.revision;
  let found: PastPoint | undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const time = await timeAt(middle);
    if (time === undefined || time <= asked) low = middle;
    else high = middle;
    if (time !== undefined && time <= asked) found = { revision: middle, time };
  }
  return found;
}

async function timeAt(client: Client, revision: number): Promise<number | undefined> {
  try {
    return (await leasesAt(client, revision)).time;
  } catch (error) {
    if (hasCode(error, "API_EXPIRED")) return undefined;
    throw error;
  }
}

async function leasesAt(
  client: Client,
  at: number | undefined,
): Promise<{ revision: number; time: number | undefined }> {
  const exact = at === undefined ? {} : { resourceVersion: at, resourceVersionMatch: "Exact" };
  const { metadata, items } = await getJson<ObjectList<Lease>>(client, pathOf(Lease, undefined) + queryOf(exact));
  const times = items.map(({ spec }) => Date.parse(spec?.renewTime ?? "")).filter((time) => !Number.isNaN(time));
  return { revision: Number(metadata.resourceVersion), time: times.length === 0 ? undefined : Math.max(...times) };
}
