import type { KubeObject } from "@drydock/machinery";
import t from "tap";
import { namespaceStrategy } from "./namespace-strategy.ts";
import { planDeletion } from "./plan-deletion.ts";
import { podStrategy } from "./pod-strategy.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const options = { dryRun: false };

function pod(metadata: object = {}, spec: object = {}, status: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", ...metadata },
    spec: { containers: [], terminationGracePeriodSeconds: 30, ...spec },
    status,
  } as KubeObject;
}

t.test("a kind without graceful deletion goes at once", async (t) => {
  t.same(planDeletion(pod(), options, {}, now), { action: "remove" });
});

t.test("a finalizer keeps the object, marked", async (t) => {
  const plan = planDeletion(pod({ finalizers: ["a/b"], generation: 4 }), options, {}, now);
  t.match(plan, {
    action: "mark",
    object: { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0, generation: 5 } },
  });
});

t.test("a second delete of a marked object changes nothing, unless it brings other finalizers", async (t) => {
  const marked = pod({ finalizers: ["a/b"], deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 });
  t.same(planDeletion(marked, options, {}, now), { action: "wait" });
  t.match(planDeletion(marked, { ...options, propagationPolicy: "Foreground" }, {}, now), {
    action: "mark",
    object: { metadata: { finalizers: ["a/b", "foregroundDeletion"] } },
  });
});

t.test("a pod without a node, or that has ended, goes at once; one on a node gets its grace period", async (t) => {
  t.same(planDeletion(pod(), options, podStrategy, now), { action: "remove" });
  t.same(planDeletion(pod({}, { nodeName: "n" }, { phase: "Failed" }), options, podStrategy, now), {
    action: "remove",
  });
  t.match(planDeletion(pod({}, { nodeName: "n" }), options, podStrategy, now), {
    action: "mark",
    object: { metadata: { deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 } },
  });
});

t.test("a running grace period gets shorter, never longer; zero ends it", async (t) => {
  const ending = pod({ deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 }, { nodeName: "n" });
  const ask = (gracePeriodSeconds: number) =>
    planDeletion(ending, { ...options, gracePeriodSeconds }, podStrategy, now);
  t.same(ask(60), { action: "wait" });
  t.match(ask(10), {
    action: "mark",
    object: { metadata: { deletionTimestamp: "2026-01-01T00:00:10Z", deletionGracePeriodSeconds: 10 } },
  });
  t.same(ask(0), { action: "remove" });
  t.same(planDeletion(ending, options, podStrategy, now), { action: "wait" }, "no period given");
});

t.test("policies become finalizers for the garbage collector, and a later policy replaces an earlier", async (t) => {
  const plan = planDeletion(
    pod({ finalizers: ["foregroundDeletion"] }),
    { ...options, propagationPolicy: "Orphan" },
    {},
    now,
  );
  t.match(plan, { action: "mark", object: { metadata: { finalizers: ["orphan"] } } });
  const background = planDeletion(
    pod({ finalizers: ["orphan"] }),
    { ...options, propagationPolicy: "Background" },
    {},
    now,
  );
  t.same(background, { action: "remove" });
});

t.test("a namespace waits, Terminating, for its own finalizers", async (t) => {
  const namespace = (finalizers: string[], metadata: object = {}) =>
    ({ ...pod(metadata), spec: { finalizers }, status: { phase: "Active" } }) as KubeObject;
  const plan = planDeletion(namespace(["kubernetes"]), options, namespaceStrategy, now);
  t.match(plan, { action: "mark", object: { status: { phase: "Terminating" } } });
  const marked = { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 };
  t.same(planDeletion(namespace(["kubernetes"], marked), options, namespaceStrategy, now), { action: "wait" });
  t.same(planDeletion(namespace([], marked), options, namespaceStrategy, now), { action: "remove" });
});
