import type { Kind, KubeObject, Pod, ResourceQuota } from "@drydock/machinery";
import { numberOf, podAmounts, textOf } from "./pod-amounts.ts";

/** Kinds that may be limited by their plain name, as in Kubernetes; all others by `count/<resource>.<group>`. */
const plain = new Set(["configmaps", "secrets", "services", "resourcequotas", "pods"]);

/** What an object takes from a quota: by the names that quotas have for it. Pure. */
export function amountsOf(kind: Kind, object: KubeObject): Record<string, number> {
  const count = `count/${kind.plural}${kind.group === "" ? "" : `.${kind.group}`}`;
  const isCore = kind.group === "";
  return {
    [count]: 1,
    ...(isCore && plain.has(kind.plural) && kind.plural !== "pods" ? { [kind.plural]: 1 } : {}),
    ...(isCore && kind.plural === "pods" ? podAmounts(object as Pod) : {}),
  };
}

export type Charge = { status: NonNullable<ResourceQuota["status"]> } | { exceeded: string };

/**
 * The status of a quota after `sign` times these amounts, or in which way that is too much, in the words of
 * Kubernetes. Undefined when the quota limits nothing of it. Pure.
 */
export function chargeQuota(
  quota: ResourceQuota,
  amounts: Readonly<Record<string, number>>,
  sign: 1 | -1,
): Charge | undefined {
  const hard = quota.spec?.hard ?? {};
  const names = Object.keys(hard).filter((name) => (amounts[name] ?? 0) !== 0);
  if (names.length === 0) return undefined;
  const used: Record<string, string> = { ...quota.status?.used };
  const over: { name: string; asked: string; had: string; limit: string }[] = [];
  for (const name of names.sort()) {
    const limit = hard[name] as string;
    const had = numberOf(name, used[name] ?? "0");
    const asked = amounts[name] as number;
    const next = Math.max(0, had + sign * asked);
    if (sign > 0 && next > numberOf(name, limit)) {
      over.push({ name, asked: textOf(name, asked), had: textOf(name, had), limit });
    }
    used[name] = textOf(name, next);
  }
  if (over.length === 0) return { status: { hard: { ...hard }, used } };
  const list = (part: "asked" | "had" | "limit") => over.map((one) => `${one.name}=${one[part]}`).join(",");
  return {
    exceeded: `exceeded quota: ${quota.metadata.name}, requested: ${list("asked")}, used: ${list("had")}, limited: ${list("limit")}`,
  };
}

/** The status that a quota should have, from all objects of its namespace. Pure. */
export function countQuota(
  quota: ResourceQuota,
  objects: Iterable<{ kind: Kind; object: KubeObject }>,
): NonNullable<ResourceQuota["status"]> {
  const hard = quota.spec?.hard ?? {};
  const totals = new Map(Object.keys(hard).map((name) => [name, 0]));
  for (const { kind, object } of objects) {
    for (const [name, amount] of Object.entries(amountsOf(kind, object))) {
      const before = totals.get(name);
      if (before !== undefined) totals.set(name, before + amount);
    }
  }
  return {
    hard: { ...hard },
    used: Object.fromEntries([...totals].map(([name, value]) => [name, textOf(name, value)])),
  };
}
