import { createHash } from "node:crypto";

/** Letters that form no words and digits that look like no letters: what Kubernetes uses in generated names. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** JSON with sorted keys and without undefined members: equal values have equal text, whatever the order of their keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/**
 * Names one pod template. It is only a name: whether two templates are the same is decided by comparing them, and two that
 * differ but hash alike are told apart by `collisionCount` (status.collisionCount of the Workload).
 */
export function templateHash(template: unknown, collisionCount = 0): string {
  return shortHash(`${canonicalJson(template)}#${collisionCount}`, 9);
}

/** `length` characters of the alphabet, fixed by `text`. */
export function shortHash(text: string, length: number): string {
  const digest = createHash("sha256").update(text).digest();
  return Array.from(digest.subarray(0, length), (byte) => alphabet[byte % alphabet.length]).join("");
}
