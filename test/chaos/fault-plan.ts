import { pick, randomFrom } from "./random.ts";

/** What is done to the cluster, how long after the start, ms. */
export type Fault =
  /** kill -9 of a member of etcd, which starts again on its data. */
  | { at: number; kind: "kill-member"; member: number; forMs: number }
  /** A member stops in the middle of what it does: its connections stay. */
  | { at: number; kind: "freeze-member"; member: number; forMs: number }
  /** The API servers' connections to a member bring nothing any more, and no new one comes about; the other members still reach it. */
  | { at: number; kind: "cut-off-member"; member: number; forMs: number }
  /** kill -9 of an API server, and another on the same port. */
  | { at: number; kind: "kill-server"; server: number; forMs: number }
  /** History before the present is forgotten. */
  | { at: number; kind: "compact" };

const kinds = ["kill-member", "freeze-member", "cut-off-member", "kill-server", "compact"] as const;

/**
 * Faults one after another: at most one at a time, so that etcd keeps its majority and clients a server, with time between for what was missed to be made up. The same for the
 * same seed. The first five are one of each kind. Pure.
 */
export function faultPlan(seed: number, lengthMs: number, members: number, servers: number): Fault[] {
  const random = randomFrom(seed);
  const first = [...kinds].sort(() => random() - 0.5);
  const plan: Fault[] = [];
  for (let at = 1_000; ; ) {
    const kind = first.pop() ?? pick(random, kinds);
    const forMs = Math.round(500 + random() * 2_500);
    if (at + forMs > lengthMs) return plan;
    if (kind === "compact") plan.push({ at, kind });
    else if (kind === "kill-server") plan.push({ at, kind, server: Math.floor(random() * servers), forMs });
    else plan.push({ at, kind, member: Math.floor(random() * members), forMs });
    at += Math.round((kind === "compact" ? 0 : forMs) + 500 + random() * 1_500);
  }
}
