import fc from "fast-check";
import t from "tap";
import { pod, startOfTime } from "../test-support/objects.ts";
import { resolveFenceposts } from "./fenceposts.ts";
import { hashOf, planPaused, planRecreate, planRollingUpdate, type Situation } from "./plan.ts";
import { isAvailable } from "./pod-state.ts";

const now = startOfTime + 1_000_000;

/** `3 old ok, 1 new wait` as pods: ok is available, wait is not. */
function pods(text: string) {
  return text.split(",").flatMap((part, group) => {
    const [count = "0", hash = "", state = "ok"] = part.trim().split(" ");
    return Array.from({ length: Number(count) }, (_, i) =>
      pod({ name: `${hash}-${group}-${i}`, hash, node: `node-${i % 3}`, ...(state === "ok" ? { readySince: 0 } : {}) }),
    );
  });
}

function situation(replicas: number, text: string): Situation {
  const active = text === "" ? [] : pods(text);
  return {
    replicas,
    minReadySeconds: 0,
    currentHash: "new",
    active,
    knownHashes: new Set(["new", ...active.map(hashOf)]),
    now,
  };
}

function summary({ create, remove }: ReturnType<typeof planRollingUpdate>): string {
  const removed = new Map<string, number>();
  for (const gone of remove) removed.set(hashOf(gone), (removed.get(hashOf(gone)) ?? 0) + 1);
  return [
    ...create.map(({ hash, count }) => `+${count} ${hash}`),
    ...[...removed].map(([hash, count]) => `-${count} ${hash}`),
  ].join(" ");
}

t.test("fenceposts round as in Kubernetes", async (t) => {
  for (const [replicas, surge, unavailable, expected] of [
    [3, "25%", "25%", { maxSurge: 1, maxUnavailable: 0 }],
    [10, "25%", "25%", { maxSurge: 3, maxUnavailable: 2 }],
    [4, 0, 0, { maxSurge: 0, maxUnavailable: 1 }],
    [1, "25%", "25%", { maxSurge: 1, maxUnavailable: 0 }],
    [2, 5, 5, { maxSurge: 5, maxUnavailable: 2 }],
    [0, "25%", "25%", { maxSurge: 0, maxUnavailable: 0 }],
  ] as const) {
    const { maxSurge, maxUnavailable } = resolveFenceposts(replicas, { maxSurge: surge, maxUnavailable: unavailable });
    t.match({ maxSurge, maxUnavailable }, replicas === 0 ? { maxSurge: 0 } : expected, `${replicas} ${surge}`);
  }
});

t.test("a rolling update goes in these steps", async (t) => {
  const cases: [replicas: number, surge: number, unavailable: number, pods: string, plan: string][] = [
    // First rollout: everything at once.
    [3, 1, 0, "", "+3 new"],
    [3, 1, 0, "3 new ok", ""],
    // One more than wanted, then an old one for each new one that is available.
    [3, 1, 0, "3 old ok", "+1 new"],
    [3, 1, 0, "3 old ok, 1 new wait", ""],
    [3, 1, 0, "3 old ok, 1 new ok", "-1 old"],
    [3, 1, 0, "2 old ok, 1 new ok", "+1 new"],
    [3, 1, 0, "1 old ok, 3 new ok", "-1 old"],
    // Without surge: room is made first.
    [3, 0, 1, "3 old ok", "-1 old"],
    [3, 0, 1, "2 old ok", "+1 new"],
    [3, 0, 1, "2 old ok, 1 new wait", ""],
    // Both at once.
    [10, 3, 2, "10 old ok", "+3 new -2 old"],
    [10, 3, 2, "8 old ok, 3 new wait", "+2 new"],
    [10, 3, 2, "8 old ok, 5 new wait", ""],
    // Old ones that serve nobody go first, though only as far as enough of the others can become available.
    [3, 1, 0, "3 old wait, 1 new ok", "-1 old"],
    [3, 1, 1, "2 old ok, 1 old wait", "+1 new -1 old"],
    // Scaling.
    [5, 1, 0, "3 new ok", "+2 new"],
    [2, 1, 0, "3 new ok", "-1 new"],
    [0, 0, 0, "2 new ok, 1 old wait", "-2 new -1 old"],
    // A stuck rollout: a lost old pod is replaced by an old one, and scaling up keeps enough of what works.
    [3, 1, 0, "2 old ok, 1 new wait", "+1 old"],
    [6, 2, 1, "3 old ok, 1 new wait", "+2 new +2 old"],
    // Scaling down in the middle of a stuck rollout keeps what works.
    [3, 1, 0, "6 old ok, 3 new wait", "-3 old -2 new"],
  ];
  for (const [replicas, maxSurge, maxUnavailable, text, expected] of cases) {
    const plan = planRollingUpdate(situation(replicas, text), { maxSurge, maxUnavailable });
    t.equal(summary(plan), expected, `${replicas} wanted, +${maxSurge} -${maxUnavailable}: ${text || "none"}`);
  }
});

t.test("recreate waits until no old pod runs", async (t) => {
  t.equal(summary(planRecreate(situation(2, "2 old ok"), 2)), "-2 old");
  t.equal(summary(planRecreate(situation(2, ""), 1)), "", "an old one is still ending");
  t.equal(summary(planRecreate(situation(2, ""), 0)), "+2 new");
  t.equal(summary(planRecreate(situation(1, "2 new ok"), 0)), "-1 new");
});

t.test("paused, the number of pods follows and their template does not", async (t) => {
  const fenceposts = { maxSurge: 1, maxUnavailable: 0 };
  t.equal(summary(planPaused(situation(3, "3 old ok"), fenceposts, "old")), "");
  t.equal(summary(planPaused(situation(5, "3 old ok, 1 new wait"), fenceposts, "new")), "+1 old");
  t.equal(summary(planPaused(situation(2, "3 old ok"), fenceposts, "old")), "-1 old");
  t.equal(summary(planPaused(situation(3, "3 old ok, 1 new wait"), fenceposts, "new")), "", "the surge may stay");
  t.equal(summary(planPaused(situation(2, ""), fenceposts, "old")), "+2 old");
});

t.test("any situation: within the bounds, and converging", async () => {
  const arbitrary = fc.record({
    replicas: fc.integer({ min: 0, max: 12 }),
    maxSurge: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom("10%", "25%", "50%", "100%")),
    maxUnavailable: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom("0%", "25%", "50%", "100%")),
    pods: fc.array(fc.record({ hash: fc.constantFrom("new", "old", "older"), ok: fc.boolean() }), { maxLength: 16 }),
    // What the world does between two turns: a pod becomes ready, falls over, or vanishes.
    world: fc.array(fc.record({ what: fc.constantFrom("ready", "unready", "vanish"), which: fc.nat(20) }), {
      maxLength: 40,
    }),
  });
  fc.assert(
    fc.property(arbitrary, ({ replicas, maxSurge, maxUnavailable, pods: start, world }) => {
      const fenceposts = resolveFenceposts(replicas, { maxSurge, maxUnavailable });
      let made = 0;
      const make = (hash: string, ok: boolean) =>
        pod({ name: `p${made++}`, hash, node: `node-${made % 3}`, ...(ok ? { readySince: 0 } : {}) });
      let active = start.map(({ hash, ok }) => make(hash, ok));
      const available = () => active.filter((one) => isAvailable(one, 0, now)).length;

      const turn = (): boolean => {
        const before = { total: active.length, available: available() };
        const plan = planRollingUpdate(
          { ...situation(replicas, ""), active, knownHashes: new Set(["new", "old", "older"]) },
          fenceposts,
        );
        for (const { hash, count } of plan.create) {
          for (let i = 0; i < count; i++) active = [...active, make(hash, false)];
        }
        // Creating and deleting race: the sum must hold before the first pod is deleted.
        if (active.length > Math.max(before.total, replicas + fenceposts.maxSurge)) throw new Error("too many pods");
        active = active.filter((one) => !plan.remove.includes(one));
        if (available() < Math.min(before.available, replicas - fenceposts.maxUnavailable)) {
          throw new Error(`only ${available()} of ${before.available} left available`);
        }
        return plan.create.length > 0 || plan.remove.length > 0;
      };

      for (const { what, which } of world) {
        turn();
        const target = active[which % Math.max(1, active.length)];
        if (target === undefined) continue;
        active = active.filter((one) => one !== target);
        if (what !== "vanish") active.push(make(hashOf(target), what === "ready"));
      }
      // From here on every pod becomes ready: the rollout must end.
      for (let i = 0; i < 200; i++) {
        if (!turn() && active.every((one) => isAvailable(one, 0, now))) break;
        active = active.map((one) => (isAvailable(one, 0, now) ? one : make(hashOf(one), true)));
      }
      if (active.length !== replicas || !active.every((one) => hashOf(one) === "new")) {
        throw new Error(`ended with ${active.map(hashOf)}`);
      }
    }),
    { numRuns: 2000 },
  );
});

t.test("a rollout that never becomes ready leaves enough of the old pods", async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      fc.array(fc.nat(20), { maxLength: 10 }),
      (replicas, maxSurge, maxUnavailable, losses) => {
        const fenceposts = resolveFenceposts(replicas, { maxSurge, maxUnavailable });
        let made = 0;
        let active = pods(`${replicas} old ok`);
        const turn = () => {
          const plan = planRollingUpdate(
            { ...situation(replicas, ""), active, knownHashes: new Set(["new", "old"]) },
            fenceposts,
          );
          active = active.filter((one) => !plan.remove.includes(one));
          for (const { hash, count } of plan.create) {
            for (let i = 0; i < count; i++) {
              const name = `m${made++}`;
              active.push(
                hash === "old" ? pod({ name, hash, node: "n", readySince: 0 }) : pod({ name, hash, node: "n" }),
              );
            }
          }
        };
        for (let i = 0; i < 10; i++) turn();
        for (const which of losses) {
          // As long as one good old pod is left, its template is what lost ones come back with.
          const good = active.filter((one) => hashOf(one) === "old");
          const target = good[which % good.length];
          if (good.length < 2 || target === undefined) continue;
          active = active.filter((one) => one !== target);
          for (let i = 0; i < 10; i++) turn();
          const left = active.filter((one) => hashOf(one) === "old").length;
          if (left < replicas - fenceposts.maxUnavailable) throw new Error(`only ${left} good pods left`);
        }
      },
    ),
    { numRuns: 500 },
  );
});
