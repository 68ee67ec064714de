import { X509Certificate } from "node:crypto";
import { type BackoffPolicy, backoffDelay, type Clock, type Logger, messageOf } from "@drydock/kit";

/** From when to when a certificate holds, ms since the epoch. */
export interface Validity {
  notBefore: number;
  notAfter: number;
}

export function validityOf(certificate: string): Validity {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { notBefore: validFromDate.getTime(), notAfter: validToDate.getTime() };
}

/**
 * When to renew: somewhere between 70 and 90 % of the certificate's life, so that the nodes of a cluster that were made
 * together do not all ask at once (client-go util/certificate). Pure; `random` is from 0 to 1.
 */
export function renewalTime({ notBefore, notAfter }: Validity, random: number): number {
  return notBefore + (notAfter - notBefore) * (0.7 + 0.2 * random);
}

export interface RotationOptions {
  /** What is renewed, for the log. */
  name: string;
  /** The certificate in use, PEM. */
  current: () => string;
  /** Gets the next one and puts it to use. */
  renew: (signal: AbortSignal) => Promise<void>;
  clock: Clock;
  logger: Logger;
  random?: () => number;
}

export interface Rotation {
  stop(): Promise<void>;
}

/** The clock is looked at this often: timers stand still while a machine sleeps, and hold 24 days at most. */
const longestSleepMs = 60 * 60_000;
const retry: BackoffPolicy = { initialMs: 500, maxMs: 60_000, jitter: 0.3 };
/** An attempt that takes longer will not succeed. */
const attemptMs = 60_000;

/** Renews a certificate again and again, in time, until it is stopped. A failure is logged and tried again. */
export function startRotation(options: RotationOptions): Rotation {
  const { name, current, renew, clock, random = Math.random } = options;
  const logger = options.logger.child({ certificate: name });
  const stopping = new AbortController();
  const { signal } = stopping;

  const run = async (): Promise<void> => {
    let failures = 0;
    let due = renewalTime(validityOf(current()), random());
    while (!signal.aborted) {
      const wait = due - clock.now();
      if (wait > 0) {
        // Rejects only when stopped; the loop then ends.
        await clock.sleep(Math.min(wait, longestSleepMs), signal).catch(() => {});
        continue;
      }
      try {
        await renew(AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]));
        failures = 0;
        const validity = validityOf(current());
        due = renewalTime(validity, random());
        logger.info({ notAfter: new Date(validity.notAfter).toISOString() }, "certificate renewed");
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        due = clock.now() + backoffDelay(retry, failures, random);
        const { notAfter } = validityOf(current());
        const fields = { failures, error: messageOf(error), notAfter: new Date(notAfter).toISOString() };
        logger.warn(fields, "certificate could not be renewed, will be tried again");
      }
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
