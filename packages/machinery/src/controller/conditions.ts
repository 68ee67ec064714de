import type { Condition } from "../object.ts";

export function findCondition<C extends Pick<Condition, "type">>(
  conditions: readonly C[] | undefined,
  type: C["type"],
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(
  conditions: readonly Pick<Condition, "type" | "status">[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/**
 * The conditions with `next` in place of the one of its type. lastTransitionTime moves only when the status does. Returns the
 * same list when nothing changes, so that callers can compare by identity. Pure; `now` is the time in ms.
 */
export function withCondition<C extends Pick<Condition, "type" | "status" | "lastTransitionTime">>(
  conditions: readonly C[],
  next: C,
  now: number,
): readonly C[] {
  const current = conditions.find(({ type }) => type === next.type);
  const moved = current?.status !== next.status;
  const time = moved ? rfc3339(now) : (current?.lastTransitionTime ?? rfc3339(now));
  const set: C = { ...next, lastTransitionTime: time };
  if (current === undefined) return [...conditions, set];
  if (isSame(current, set)) return conditions;
  return conditions.map((condition) => (condition === current ? set : condition));
}

function isSame(a: object, b: object): boolean {
  const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}

/** A time of object metadata: RFC 3339 in UTC with whole seconds. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** A time of leases and events: RFC 3339 with six digits. */
export function rfc3339Micro(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
