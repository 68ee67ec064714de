import type { DeleteOptions, OwnerReference } from "@drydock/machinery";
import type { Entity } from "./ownership-graph.ts";

/**
 * What is known of one owner: "present"; "absent" (looked up at the API server: not there, or another uid);
 * "waiting" (being deleted in the foreground, so it waits for this object to go); "unknown" (its kind is not served or may not be
 * read: nothing is deleted on a guess).
 */
export type OwnerState = "present" | "absent" | "waiting" | "unknown";

export type Judgement =
  | { verdict: "keep" }
  /** Some owners are left: the references to those that are gone or going are dropped. */
  | { verdict: "dropReferences"; uids: string[] }
  /** No owner is left. `unblock` says to first stop blocking the owners, because the object is part of a cycle. */
  | { verdict: "delete"; propagationPolicy: NonNullable<DeleteOptions["propagationPolicy"]>; unblock: boolean };

/**
 * Decides about an object from the state of its owners, by the rules of Kubernetes' garbage collector (pkg/controller/garbagecollector,
 * attemptToDeleteItem).
 */
export function judge(
  owners: readonly { reference: OwnerReference; state: OwnerState }[],
  dependents: readonly Entity[],
  finalizers: readonly string[],
): Judgement {
  if (owners.length === 0) return { verdict: "keep" };
  const inState = (state: OwnerState) =>
    owners.filter((owner) => owner.state === state).map(({ reference }) => reference.uid);
  const waiting = inState("waiting");
  const leaving = [...inState("absent"), ...waiting];
  if (inState("unknown").length > 0) return { verdict: "keep" };
  if (inState("present").length > 0) {
    return leaving.length > 0 ? { verdict: "dropReferences", uids: leaving } : { verdict: "keep" };
  }
  if (waiting.length > 0 && dependents.length > 0) {
    // An owner waits for us, and one of our own dependents waits for its dependents already: we may be among them, and all would wait for ever.
    const unblock = dependents.some(({ deletion }) => deletion === "foreground");
    return { verdict: "delete", propagationPolicy: "Foreground", unblock };
  }
  const propagationPolicy = finalizers.includes("orphan")
    ? "Orphan"
    : finalizers.includes("foregroundDeletion")
      ? "Foreground"
      : "Background";
  return { verdict: "delete", propagationPolicy, unblock: false };
}
