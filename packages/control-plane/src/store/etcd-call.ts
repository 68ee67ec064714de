import { type BackoffPolicy, backoffDelay, systemClock } from "@drydock/kit";
import type { KVClient } from "etcd3";
import { etcdFault, storeError } from "./etcd-fault.ts";
import type { Members } from "./members.ts";

const RETRY: BackoffPolicy = { initialMs: 10, maxMs: 250, jitter: 0.5 };

export interface EtcdCall<T> {
  /** For messages: "put /registry/pods/default/web". */
  what: string;
  /** A write is tried again only while it has certainly not been sent. */
  write: boolean;
  timeoutMs: number;
  members: Members;
  send(kv: KVClient, options: { deadline: number }): Promise<T>;
}

/**
 * Makes one call, with retries, within the time limit. A read that hangs on a dead member must leave time for another
 * attempt, at another member, so one attempt at a read gets half of the time that is left.
 */
export async function callEtcd<T>({ what, write, timeoutMs, members, send }: EtcdCall<T>): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (let failures = 1; ; failures++) {
    const now = Date.now();
    const member = members.pick();
    try {
      return await send(member.kv, { deadline: write ? end : now + Math.max((end - now) / 2, 1) });
    } catch (error) {
      const fault = etcdFault(error);
      if (fault === "unsent" || fault === "unavailable") members.leaveAside(member, error);
      const again = fault === "unsent" || (fault === "unavailable" && !write);
      const delay = backoffDelay(RETRY, failures);
      if (!again || Date.now() + delay >= end) throw storeError(what, error, write);
      await systemClock.sleep(delay);
    }
  }
}
