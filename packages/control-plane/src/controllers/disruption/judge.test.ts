import type { Pod, PodDisruptionBudget } from "@drydock/machinery";
import t from "tap";
import { judgeBudget } from "./judge.ts";

const now = Date.parse("2026-01-01T00:10:00Z");
const pod = (name: string, ready = true, metadata: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default", ...metadata },
  spec: { containers: [{ name: "web", image: "web" }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const budget = (spec: object, disruptedPods?: Record<string, string>): PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "web", generation: 3 },
  spec,
  status: {
    disruptionsAllowed: 0,
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...(disruptedPods ? { disruptedPods } : {}),
  },
});
const pods = [pod("a"), pod("b"), pod("c", false)];

t.test("numbers and shares, of what must be left and of what may be missing", async (t) => {
  const allowed = (spec: object, expected = 3) => judgeBudget(budget(spec), pods, expected, now).disruptionsAllowed;
  t.equal(allowed({ minAvailable: 1 }), 1);
  t.equal(allowed({ minAvailable: 2 }), 0);
  t.equal(allowed({ minAvailable: 5 }), 0);
  t.equal(allowed({ minAvailable: "50%" }), 0, "half of 3 is 2, rounded up");
  t.equal(allowed({ maxUnavailable: 1 }), 0, "one is missing already");
  t.equal(allowed({ maxUnavailable: 2 }), 1);
  t.equal(allowed({ maxUnavailable: "100%" }), 2);
  t.equal(allowed({}), 2, "no limit");
  t.equal(allowed({ minAvailable: 0 }, 0), 0, "nobody expects pods");
});

t.test("evicted pods do not count until they are gone, or have stayed for too long", async (t) => {
  const spec = { minAvailable: 1 };
  const recent = judgeBudget(budget(spec, { a: "2026-01-01T00:09:30Z", gone: "2026-01-01T00:09:30Z" }), pods, 3, now);
  t.match(recent, { currentHealthy: 1, disruptionsAllowed: 0, observedGeneration: 3 });
  t.same(recent.disruptedPods, { a: "2026-01-01T00:09:30Z" });
  const old = judgeBudget(budget(spec, { a: "2026-01-01T00:07:00Z" }), pods, 3, now);
  t.match(old, { currentHealthy: 2, disruptionsAllowed: 1 });
  t.notOk(old.disruptedPods);
});

t.test("pods on their way out are not healthy", async (t) => {
  const ending = [pod("a", true, { deletionTimestamp: "2026-01-01T00:09:00Z" }), pod("b")];
  t.equal(judgeBudget(budget({ minAvailable: 1 }), ending, 2, now).currentHealthy, 1);
});
