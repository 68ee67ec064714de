import { type Clock, hasCode, type Logger, messageOf, silentLogger, systemClock } from "@drydock/kit";
import type { Client } from "../client/client.ts";
import { getIfExists } from "../controller/create-or-update.ts";
import { Lease } from "../kinds/lease.ts";
import { type ElectionTimes, holdRecord, mayTake, type Observed, observe, releaseRecord } from "./lease-record.ts";

export interface LeaderElectionOptions {
  client: Client;
  lease: { namespace: string; name: string };
  /** Unique among the candidates: host name and a random part. */
  identity: string;
  /**
   * What only the leader does. The signal aborts when leadership is lost or the election stops; no other candidate
   * takes over before `leaseDurationMs` has passed, so `lead` has leaseDurationMs - renewDeadlineMs to end. When it
   * returns or throws, the lease is released.
   */
  lead(signal: AbortSignal): Promise<void>;
  times?: ElectionTimes;
  clock?: Clock;
  random?: () => number;
  logger?: Logger;
}

export interface LeaderElection {
  isLeader(): boolean;
  /** Identity of the leader that was seen last; "" when the lease is free. */
  leader(): string | undefined;
  /** Ends `lead`, waits for it, and frees the lease. */
  stop(): Promise<void>;
}

const defaultTimes: ElectionTimes = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
/** Candidates spread their attempts by up to this factor of the retry period (client-go's JitterFactor). */
const JITTER = 1.2;

/**
 * Leader election on a Lease, with the rules of client-go's tools/leaderelection. It keeps clocks of different machines apart and so bears any
 * difference between them, but not that they run at different speeds beyond leaseDuration / renewDeadline. It does not fence: a
 * leader that was stopped in the middle of a request may still finish that request, so writes are compare-and-swap all the same.
 * After a loss it is a candidate again.
 */
export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { client, lease, identity, times = defaultTimes, clock = systemClock, random = Math.random } = options;
  const logger = (options.logger ?? silentLogger).child({ lease: lease.name, identity });
  const stopping = new AbortController();
  let observed: Observed | undefined;
  let stored: Lease | undefined;
  let isLeader = false;

  /** Reads the lease and, if it may be had, writes ourselves into it. True when we hold it then. */
  async function tryHold(signal: AbortSignal): Promise<boolean> {
    // While we hold it nobody else should write it, so a renewal saves the read; if somebody did, the write conflicts.
    if (!isLeader || stored === undefined) stored = await getIfExists(client, Lease, lease, signal);
    if (stored !== undefined) observed = observe(observed, stored.spec ?? {}, clock.now());
    const now = clock.now();
    if (!mayTake(observed, identity, now, times.leaseDurationMs)) return false;
    const spec = holdRecord(stored?.spec, identity, now, times.leaseDurationMs);
    try {
      stored =
        stored === undefined ? await create(spec, signal) : await client.update(Lease, { ...stored, spec }, { signal });
    } catch (error) {
      stored = undefined;
      if (hasCode(error, "API_CONFLICT", "API_ALREADY_EXISTS", "API_NOT_FOUND")) return false;
      throw error;
    }
    observed = observe(observed, spec, clock.now());
    return true;
  }

  function create(spec: Lease["spec"], signal: AbortSignal): Promise<Lease> {
    const object: Lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { ...lease },
      ...(spec ? { spec } : {}),
    };
    return client.create(Lease, object, { signal });
  }

  async function attempt(signal: AbortSignal): Promise<boolean> {
    try {
      return await tryHold(signal);
    } catch (error) {
      stored = undefined;
      if (!signal.aborted)
        logger.warn({ error: messageOf(error), leading: isLeader }, "leader election could not reach the lease");
      return false;
    }
  }

  async function acquire(): Promise<void> {
    while (!stopping.signal.aborted && !(await attempt(stopping.signal))) {
      await pause(times.retryPeriodMs * (1 + JITTER * random()), stopping.signal);
    }
  }

  /** Renews until that has not worked for renewDeadlineMs or `signal` aborts. */
  async function renew(signal: AbortSignal): Promise<void> {
    let renewedAt = clock.now();
    while (!signal.aborted) {
      await pause(times.retryPeriodMs, signal);
      if (signal.aborted) return;
      const deadline = new AbortController();
      const giveUp = pause(renewedAt + times.renewDeadlineMs - clock.now(), AbortSignal.any([signal, deadline.signal]));
      const started = clock.now();
      // A request that hangs must not carry us past the deadline.
      const renewed = await Promise.race([
        attempt(AbortSignal.any([signal, deadline.signal])),
        giveUp.then(() => false),
      ]);
      deadline.abort();
      if (renewed) renewedAt = started;
      else if (clock.now() - renewedAt >= times.renewDeadlineMs || isTaken()) return;
    }
  }

  function isTaken(): boolean {
    return observed !== undefined && observed.spec.holderIdentity !== identity;
  }

  async function lead(): Promise<void> {
    const leading = new AbortController();
    const signal = AbortSignal.any([leading.signal, stopping.signal]);
    isLeader = true;
    logger.info({}, "became leader");
    const work = Promise.resolve()
      .then(() => options.lead(signal))
      .catch((error: unknown) => logger.error({ error: messageOf(error) }, "the leader's work failed"))
      .finally(() => leading.abort());
    await renew(signal);
    const isLost = !signal.aborted;
    leading.abort();
    if (isLost) {
      isLeader = false;
      logger.warn({}, "lost leadership");
    }
    await work;
    if (!isLost) await release();
    isLeader = false;
  }

  async function release(): Promise<void> {
    try {
      const current = await getIfExists(client, Lease, lease);
      if (current?.spec?.holderIdentity !== identity) return;
      await client.update(Lease, { ...current, spec: releaseRecord(current.spec, clock.now()) });
      observed = undefined;
      logger.info({}, "released leadership");
    } catch (error) {
      // Others get the lease when it runs out.
      logger.warn({ error: messageOf(error) }, "the lease was not released");
    }
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await clock.sleep(Math.max(0, ms), signal);
    } catch {
      // Woken: the caller looks at the signal.
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await acquire();
      if (stopping.signal.aborted) return;
      await lead();
      // Let others have it: we lost it, or our work has ended by itself.
      await pause(times.retryPeriodMs, stopping.signal);
    }
  }

  const running = run();
  return {
    isLeader: () => isLeader,
    leader: () => observed?.spec.holderIdentity,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
