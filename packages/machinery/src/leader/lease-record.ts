import { rfc3339Micro } from "../controller/conditions.ts";
import type { LeaseSpec } from "../kinds/lease.ts";

export interface ElectionTimes {
  /** Others wait so long after the last renewal that they saw before they take the lease, ms. */
  leaseDurationMs: number;
  /** A leader that could not renew for so long gives up, ms. Shorter than leaseDurationMs, so that it stops before another starts. */
  renewDeadlineMs: number;
  /** From one attempt to the next, ms. */
  retryPeriodMs: number;
}

/** What a candidate saw last, and when by its own clock: clocks of different machines are never compared. */
export interface Observed {
  spec: LeaseSpec;
  at: number;
}

/** The next memory of the lease: its time moves only when the record does. Pure. */
export function observe(before: Observed | undefined, spec: LeaseSpec, now: number): Observed {
  const isSame =
    before !== undefined &&
    before.spec.holderIdentity === spec.holderIdentity &&
    before.spec.renewTime === spec.renewTime &&
    before.spec.leaseTransitions === spec.leaseTransitions;
  return isSame ? before : { spec, at: now };
}

/** Whether `identity` may write itself into the lease: it is free, its own, or its holder has been silent for the lease's duration. Pure. */
export function mayTake(
  observed: Observed | undefined,
  identity: string,
  now: number,
  leaseDurationMs: number,
): boolean {
  const holder = observed?.spec.holderIdentity;
  if (observed === undefined || !holder || holder === identity) return true;
  const seconds = observed.spec.leaseDurationSeconds;
  return now > observed.at + (seconds === undefined ? leaseDurationMs : seconds * 1000);
}

/** The record that `identity` writes to take or renew the lease. Pure. */
export function holdRecord(
  before: LeaseSpec | undefined,
  identity: string,
  now: number,
  leaseDurationMs: number,
): LeaseSpec {
  const isRenewal = before?.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.ceil(leaseDurationMs / 1000)),
    acquireTime: (isRenewal ? before.acquireTime : undefined) ?? rfc3339Micro(now),
    renewTime: rfc3339Micro(now),
    leaseTransitions: (before?.leaseTransitions ?? 0) + (isRenewal || before === undefined ? 0 : 1),
  };
}

/** The record that a leader leaves behind when it goes in good order, so that nobody has to wait. Pure. */
export function releaseRecord(before: LeaseSpec, now: number): LeaseSpec {
  const time = rfc3339Micro(now);
  return {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
    leaseTransitions: before.leaseTransitions ?? 0,
  };
}
