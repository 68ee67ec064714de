import type { Pod, PodDisruptionBudget } from "@drydock/machinery";
import t from "tap";
import { judgeEviction } from "./judge-eviction.ts";

const pod = (status: NonNullable<Pod["status"]>, metadata: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1", namespace: "default", ...metadata },
  spec: { containers: [{ name: "web", image: "web" }] },
  status,
});
const ready: Pod["status"] = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
const unready: Pod["status"] = { phase: "Running", conditions: [{ type: "Ready", status: "False" }] };
const budget = (status: object, spec: object = { minAvailable: 1 }): PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "web", generation: 2 },
  spec,
  status: {
    observedGeneration: 2,
    disruptionsAllowed: 0,
    currentHealthy: 0,
    desiredHealthy: 1,
    expectedPods: 2,
    ...status,
  },
});

t.test("pods whose end changes nothing may go", async (t) => {
  for (const phase of ["Succeeded", "Failed", "Pending"] as const) {
    t.same(judgeEviction(pod({ phase }), budget({})), { counts: false }, phase);
  }
  t.same(judgeEviction(pod(ready, { deletionTimestamp: "2026-01-01T00:00:00Z" }), budget({})), {
    counts: false,
  });
});

t.test("a budget with something left lets a pod go, one without does not", async (t) => {
  t.same(judgeEviction(pod(ready), budget({ disruptionsAllowed: 1 })), { counts: true });
  t.match(judgeEviction(pod(ready), budget({ currentHealthy: 1 })), {
    counts: true,
    refusal: { cause: "The disruption budget web needs 1 healthy pods and has 1 currently", retryAfterSeconds: 0 },
  });
});

t.test("a budget whose status is behind lets nothing go", async (t) => {
  const verdict = judgeEviction(pod(ready), budget({ observedGeneration: 1, disruptionsAllowed: 5 }));
  t.match(verdict.refusal, { cause: /still being processed/, retryAfterSeconds: 10 });
});

t.test("a pod that is not ready: as the policy says", async (t) => {
  t.ok(judgeEviction(pod(unready), budget({})).refusal, "too few are healthy");
  t.same(judgeEviction(pod(unready), budget({ currentHealthy: 1 })), { counts: false }, "enough are healthy");
  const always = budget({}, { minAvailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
  t.same(judgeEviction(pod(unready), always), { counts: false });
});
