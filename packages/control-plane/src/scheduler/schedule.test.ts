import fc from "fast-check";
import t from "tap";
import { type NodeFacts, node } from "../controllers/test-support/objects.ts";
import { ClusterState } from "./cluster-state.ts";
import { unschedulableMessage } from "./message.ts";
import { type PodInfo, podInfoOf } from "./pod-info.ts";
import { defaultProfile } from "./profile.ts";
import { schedule } from "./schedule.ts";
import { type PendingPodFacts, pendingPod } from "./test-support/pending-pod.ts";

function cluster(...nodes: NodeFacts[]): ClusterState {
  const state = new ClusterState();
  for (const facts of nodes) state.setNode(node(facts));
  return state;
}

const decide = (state: ClusterState, pod: PodInfo, explain = false) =>
  schedule(state, pod, defaultProfile, { explain });

t.test("each filter turns down what it is for, in Kubernetes' words", async (t) => {
  const cases: [why: string, node: Omit<NodeFacts, "name">, pod: Omit<PendingPodFacts, "name">, message: string][] = [
    ["cpu", { cpu: "1" }, { cpu: "1500m" }, "Insufficient cpu"],
    ["memory", { memory: "64Mi" }, { memory: "65Mi" }, "Insufficient memory"],
    ["pods", { pods: "0" }, {}, "Too many pods"],
    ["selector", {}, { nodeSelector: { disk: "ssd" } }, "node(s) didn't match Pod's node affinity/selector"],
    ["name", {}, { nodeName: "other" }, "node(s) didn't match the requested node name"],
    ["cordoned", { spec: { unschedulable: true } }, {}, "node(s) were unschedulable"],
    ["not ready", { ready: "Unknown" }, {}, "node(s) were not ready"],
    [
      "taint",
      { spec: { taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }] } },
      {},
      "node(s) had untolerated taint {gpu: yes}",
    ],
  ];
  for (const [why, facts, pod, reason] of cases) {
    const decision = decide(cluster({ name: "a", ...facts }), podInfoOf(pendingPod({ ...pod, name: "p" })));
    t.equal(decision.node, undefined, why);
    t.equal(unschedulableMessage(decision), `0/1 nodes are available: 1 ${reason}.`);
  }
});

t.test("tolerations let a pod onto tainted and cordoned nodes", async (t) => {
  const state = cluster({
    name: "a",
    spec: { unschedulable: true, taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] },
  });
  const pod = podInfoOf(
    pendingPod({ name: "p", tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] }),
  );
  t.equal(decide(state, pod).node, "a");
});

t.test("the message counts reasons over all nodes", async (t) => {
  const state = cluster(
    { name: "a", memory: "1Mi" },
    { name: "b", memory: "1Mi" },
    { name: "c", spec: { unschedulable: true } },
  );
  const decision = decide(state, podInfoOf(pendingPod({ name: "p", memory: "1Gi" })));
  t.equal(
    unschedulableMessage(decision),
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient memory.",
  );
  t.equal(
    unschedulableMessage(decide(cluster(), podInfoOf(pendingPod({ name: "p" })))),
    "no nodes available to schedule pods",
  );
});

t.test("an explained decision has every node's verdict by every plugin, and the same outcome", async (t) => {
  const state = cluster(
    { name: "a" },
    { name: "b", memory: "1Mi", cpu: "0", spec: { unschedulable: true } },
    { name: "c", cpu: "8", memory: "16Gi" },
  );
  const pod = podInfoOf(pendingPod({ name: "p", cpu: "1", memory: "1Gi" }));
  const decision = decide(state, pod, true);
  t.equal(decision.node, "c");
  t.equal(decision.node, decide(state, pod).node);
  t.same(
    decision.verdicts.find(({ node }) => node === "b")?.rejections.map(({ plugin, reasons }) => [plugin, ...reasons]),
    [
      ["NodeUnschedulable", "node(s) were unschedulable"],
      ["NodeResourcesFit", "Insufficient cpu", "Insufficient memory"],
    ],
  );
  t.same(decision.verdicts.find(({ node }) => node === "c")?.scores, {
    TaintToleration: 300,
    LeastAllocated: (100 * (7 / 8 + 15 / 16)) / 2,
    NodeResourcesBalancedAllocation: 100 * (1 - (1 / 8 - 1 / 16) / 2),
  });
});

t.test("equal nodes: by name; then spread, also without requests", async (t) => {
  const state = cluster({ name: "c" }, { name: "a" }, { name: "b" });
  const chosen: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) {
    const pod = podInfoOf(pendingPod({ name: `p${i}` }));
    const decision = decide(state, pod);
    chosen.push(decision.node);
    state.assume(pod, decision.node ?? "");
  }
  t.same(chosen, ["a", "b", "c", "a", "b", "c"]);
});

t.test("PreferNoSchedule is a preference", async (t) => {
  const taints = [{ key: "x", effect: "PreferNoSchedule" } as const];
  const pod = podInfoOf(pendingPod({ name: "p" }));
  t.equal(decide(cluster({ name: "a", spec: { taints } }, { name: "b", cpu: "1" }), pod).node, "b");
  t.equal(decide(cluster({ name: "a", spec: { taints } }), pod).node, "a");
});

t.test("no sequence of pods overcommits a node, and a pod is turned down only when it fits nowhere", async () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ cpu: fc.integer({ min: 0, max: 4000 }), memory: fc.integer({ min: 0, max: 4000 }) }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.array(fc.record({ cpu: fc.integer({ min: 0, max: 2000 }), memory: fc.integer({ min: 0, max: 2000 }) }), {
        maxLength: 30,
      }),
      (nodes, pods) => {
        const state = cluster(
          ...nodes.map(({ cpu, memory }, i) => ({ name: `n${i}`, cpu: `${cpu}m`, memory: `${memory}`, pods: "5" })),
        );
        const left = nodes.map(({ cpu, memory }) => ({ cpu, memory, pods: 5 }));
        pods.forEach(({ cpu, memory }, i) => {
          const pod = podInfoOf(pendingPod({ name: `p${i}`, cpu: `${cpu}m`, memory: `${memory}` }));
          const decision = decide(state, pod);
          const fits = (room: (typeof left)[number]) => room.pods > 0 && room.cpu >= cpu && room.memory >= memory;
          if (decision.node === undefined) {
            if (left.some(fits)) throw new Error("turned down although it fits");
            return;
          }
          const room = left[Number(decision.node.slice(1))];
          if (room === undefined || !fits(room)) throw new Error("overcommitted");
          room.pods -= 1;
          room.cpu -= cpu;
          room.memory -= memory;
          state.assume(pod, decision.node);
        });
      },
    ),
    { numRuns: 300 },
  );
});

t.test("in a large cluster a part of the nodes is enough, and all get their turn", async (t) => {
  const state = cluster(...Array.from({ length: 1000 }, (_, i) => ({ name: `n${i}` })));
  const first = schedule(state, podInfoOf(pendingPod({ name: "p" })), defaultProfile);
  t.equal(first.nodesFeasible, 420);
  t.equal(first.nextStart, 420);
  const next = schedule(state, podInfoOf(pendingPod({ name: "q" })), defaultProfile, { start: first.nextStart });
  t.equal(next.nextStart, 840);
});
