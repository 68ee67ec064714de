import { type BackoffPolicy, backoffDelay, type Logger, messageOf, systemClock } from "@drydock/kit";
import type { KVClient } from "etcd3";

/** One etcd of a cluster, by its own connection. */
export interface Member {
  readonly endpoint: string;
  readonly kv: KVClient;
}

/** How long a member that is left aside has to answer, ms, and how often it is asked. */
const PROBE_MS = 2_000;
const PROBE_AGAIN: BackoffPolicy = { initialMs: 200, maxMs: 2_000, jitter: 0.5 };

/**
 * The members of a cluster, and which of them are worth asking. A member that does not answer is left aside, and is asked in the background until
 * it does: else each call that falls to it would wait out its time limit, which is a third of all calls for as long as one machine of
 * three is without power. While all are left aside all are asked: then there is nothing to lose.
 */
export class Members {
  readonly #all: readonly Member[];
  readonly #aside = new Set<Member>();
  readonly #closing = new AbortController();
  readonly #logger: Logger;

  constructor(all: readonly Member[], logger: Logger) {
    this.#all = all;
    this.#logger = logger;
  }

  /** Any of those that answer: the load is spread over them. */
  pick(random: () => number = Math.random): Member {
    const answering = this.#all.filter((member) => !this.#aside.has(member));
    const choice = answering.length > 0 ? answering : this.#all;
    return choice[Math.floor(random() * choice.length)] as Member;
  }

  /** A call to this member was not answered. Where there is no other, nothing follows from that. */
  leaveAside(member: Member, error: unknown): void {
    if (this.#all.length === 1 || this.#aside.has(member) || this.#closing.signal.aborted) return;
    this.#aside.add(member);
    this.#logger.warn({ endpoint: member.endpoint, error: messageOf(error) }, "etcd member does not answer");
    void this.#takeBack(member);
  }

  close(): void {
    this.#closing.abort();
  }

  async #takeBack(member: Member): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await systemClock.sleep(backoffDelay(PROBE_AGAIN, failures), signal);
        // A linearizable read, of a key that need not exist: a member that has lost the others does not answer it.
        await member.kv.range({ key: Buffer.from("health") }, { deadline: Date.now() + PROBE_MS });
      } catch {
        // Still away, or we are closing: the loop's condition sees it.
        continue;
      }
      this.#aside.delete(member);
      this.#logger.info({ endpoint: member.endpoint, failures }, "etcd member answers again");
      return;
    }
  }
}
