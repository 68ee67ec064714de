import { type DrydockError, messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";

/**
 * What an error of a call to etcd means. The etcd3 library turns gRPC's status into classes and loses its number, so
 * the words decide; they are etcd's own constants (etcdserver/api/v3rpc/rpctypes/error.go) and grpc-js's.
 * - `unsent`: the request has certainly not left this process.
 * - `unavailable`: no answer; whether the request took effect is unknown.
 * - all others: etcd answered, the request had no effect.
 */
export type EtcdFault = "unsent" | "unavailable" | "compacted" | "future" | "no-space" | "too-large" | "refused";

const FAULTS: readonly [EtcdFault, RegExp][] = [
  ["compacted", /required revision has been compacted/],
  ["future", /required revision is a future revision/],
  ["no-space", /database space exceeded/],
  ["too-large", /request is too large|message larger than max/],
  ["unsent", /No connection established|Channel closed before call started|Name resolution failed|Waiting for LB pick/],
  // Refused before it was proposed to the other members (etcdserver/v3_server.go, processInternalRaftRequestOnce).
  ["unsent", /etcdserver: too many requests/],
  [
    "unavailable",
    /UNAVAILABLE|DEADLINE_EXCEEDED|CANCELLED|INTERNAL|UNKNOWN|etcdserver: (no leader|leader changed|server stopped|not capable|request timed out|unhealthy cluster|rpc not supported for learner)/,
  ],
];

const UNAVAILABLE_CLASSES =
  /^GRPC(Unavailable|DeadlineExceeded|Cancelled|Internal|Unknown|Protocol|Generic|ConnectFailed)/;

export function etcdFault(error: unknown): EtcdFault {
  const text = messageOf(error);
  for (const [fault, pattern] of FAULTS) {
    if (pattern.test(text)) return fault;
  }
  const name = error instanceof Error ? error.constructor.name : "";
  return UNAVAILABLE_CLASSES.test(name) ? "unavailable" : "refused";
}

const CODES = {
  unsent: "STORE_UNAVAILABLE",
  unavailable: "STORE_UNAVAILABLE",
  compacted: "STORE_COMPACTED",
  future: "STORE_FUTURE_REVISION",
  "no-space": "STORE_NO_SPACE",
  "too-large": "STORE_TOO_LARGE",
  refused: "STORE_REFUSED",
} as const;

/** Said instead of what gRPC says, which is about channels and name resolution; that stays in the cause. A member that has a word of its own is quoted. */
function silence(error: unknown): string {
  const word = /etcdserver: (.+)/.exec(messageOf(error))?.[1];
  return word === undefined ? "etcd does not answer" : `etcd cannot serve it now: ${word}`;
}

const HINTS: Partial<Record<EtcdFault, string>> = {
  unsent: "see whether etcd runs",
  unavailable: "see whether etcd runs",
  "no-space": "delete what is not needed, compact and defragment, then disarm the alarm: etcdctl alarm disarm",
  "too-large": "keep objects below 1.5 MiB",
  compacted: "list again and watch from the revision of the list",
};

/** What has become of a write that etcd has not answered. */
function fateHint(fault: EtcdFault, write: boolean): string | undefined {
  if (write && fault === "unavailable") return "the write may have happened: read the key before you try again";
  return write && fault === "unsent" ? "nothing was changed; see whether etcd runs" : undefined;
}

/** `what` names the step: "put /registry/pods/default/web". */
export function storeError(what: string, error: unknown, write: boolean): DrydockError {
  const fault = etcdFault(error);
  const unknownFate = write && fault === "unavailable";
  const hint = fateHint(fault, write) ?? HINTS[fault];
  const isAway = fault === "unsent" || fault === "unavailable";
  return failure(CODES[fault], `${what}: ${isAway ? silence(error) : messageOf(error)}`, {
    cause: error,
    hint,
    details: unknownFate ? { unknownFate: true } : {},
  });
}
