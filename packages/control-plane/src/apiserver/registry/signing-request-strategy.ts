import {
  type CertificateSigningRequest,
  type KubeObject,
  rfc3339,
  type SigningRequestCondition,
} from "@drydock/machinery";
import type { User } from "../rbac/user.ts";
import type { Strategy } from "./strategy.ts";

/**
 * Who asks for a certificate is what the server knows, not what the request says; and a decision is written by those
 * who may decide, through a subresource of its own (pkg/registry/certificates/certificates/strategy.go).
 */
export const signingRequestStrategy: Strategy = {
  prepareForCreate(object: KubeObject, user: User): void {
    const { spec } = object as CertificateSigningRequest;
    delete spec.uid;
    delete spec.extra;
    spec.username = user.name;
    spec.groups = [...user.groups];
  },
  prepareForPartUpdate(object: KubeObject, old: KubeObject, part: string, nowMs: number): void {
    const next = object as CertificateSigningRequest;
    const before = (old as CertificateSigningRequest).status ?? {};
    const given = next.status?.conditions ?? [];
    if (part === "approval") {
      next.status = { ...before, conditions: timed(given, before.conditions ?? [], nowMs) };
      return;
    }
    if (part !== "status") return;
    const decided = (before.conditions ?? []).filter(isDecision);
    const others = given.filter((condition) => !isDecision(condition));
    next.status = { ...next.status, conditions: timed([...decided, ...others], before.conditions ?? [], nowMs) };
  },
};

function isDecision({ type }: SigningRequestCondition): boolean {
  return type === "Approved" || type === "Denied";
}

/** Conditions with the times that their writer has left out. */
function timed(
  conditions: readonly SigningRequestCondition[],
  before: readonly SigningRequestCondition[],
  nowMs: number,
): SigningRequestCondition[] {
  const now = rfc3339(nowMs);
  return conditions.map((condition) => {
    const same = before.find(({ type, status }) => type === condition.type && status === condition.status);
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? same?.lastTransitionTime ?? now,
    };
  });
}
