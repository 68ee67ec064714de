import type { Lease } from "@drydock/machinery";
import t from "tap";
import { at, node, startOfTime } from "../test-support/objects.ts";
import { heartbeatMark, judgeHealth, observeHeartbeat } from "./health.ts";
import { desiredTaints } from "./taint-rules.ts";

const graceMs = 40_000;

function lease(renewTime: string): Lease {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "a", namespace: "kube-node-lease", uid: "lease" },
    spec: { renewTime },
  };
}

t.test("a heartbeat is a renewed lease, or what the agent says of itself; our own words are none", async (t) => {
  const mark = heartbeatMark(node({ name: "a" }), lease("1"));
  t.equal(heartbeatMark(node({ name: "a" }), lease("1")), mark);
  t.not(heartbeatMark(node({ name: "a" }), lease("2")), mark);
  t.not(heartbeatMark(node({ name: "a", ready: "False" }), lease("1")), mark);
  const unknown = heartbeatMark(node({ name: "a", ready: "Unknown" }), lease("1"));
  const later = node({ name: "a", ready: "Unknown" });
  for (const condition of later.status?.conditions ?? []) condition.lastHeartbeatTime = at(99);
  t.equal(heartbeatMark(later, lease("1")), unknown);

  const first = observeHeartbeat(undefined, "x", 1000);
  t.equal(observeHeartbeat(first, "x", 5000), first, "seen when it changed");
  t.same(observeHeartbeat(first, "y", 5000), { mark: "y", seenAt: 5000 });
});

t.test("silent for longer than the grace period: unknown", async (t) => {
  const heartbeat = { mark: "x", seenAt: startOfTime };
  t.same(judgeHealth(node({ name: "a" }), heartbeat, graceMs, startOfTime + 30_000), { recheckAfterMs: 10_000 });
  const { conditions } = judgeHealth(node({ name: "a" }), heartbeat, graceMs, startOfTime + 40_000);
  t.same(conditions, [
    {
      type: "Ready",
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastHeartbeatTime: at(0),
      lastTransitionTime: at(40),
    },
  ]);
  t.same(judgeHealth(node({ name: "a", ready: "Unknown" }), heartbeat, graceMs, startOfTime + 50_000), {});
  const silent = node({ name: "a" });
  silent.status = {};
  t.match(judgeHealth(silent, heartbeat, graceMs, startOfTime + 40_000).conditions, [
    { type: "Ready", status: "Unknown", reason: "NodeStatusNeverUpdated" },
  ]);
});

t.test("taints follow conditions, and leave those of others alone", async (t) => {
  const foreign = { key: "gpu", value: "yes", effect: "NoSchedule" as const };
  t.equal(desiredTaints(node({ name: "a" }), startOfTime), undefined);
  t.equal(desiredTaints(node({ name: "a", spec: { taints: [foreign] } }), startOfTime), undefined);

  const taints = desiredTaints(node({ name: "a", ready: "Unknown", spec: { taints: [foreign] } }), startOfTime) ?? [];
  t.same(taints, [
    foreign,
    { key: "node.kubernetes.io/unreachable", effect: "NoSchedule", timeAdded: at(0) },
    { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: at(0) },
  ]);
  t.equal(
    desiredTaints(node({ name: "a", ready: "Unknown", spec: { taints } }), startOfTime + 99_000),
    undefined,
    "the time stays",
  );
  t.same(
    desiredTaints(node({ name: "a", ready: "False", spec: { taints } }), startOfTime)?.map(({ key }) => key),
    ["gpu", "node.kubernetes.io/not-ready", "node.kubernetes.io/not-ready"],
  );
  t.same(desiredTaints(node({ name: "a", spec: { taints } }), startOfTime), [foreign]);
  t.same(desiredTaints(node({ name: "a", spec: { unschedulable: true } }), startOfTime), [
    { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule", timeAdded: at(0) },
  ]);
});
