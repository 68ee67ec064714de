import { ClusterState, defaultProfile, podInfoOf, schedule } from "@drydock/control-plane";
import type { Node, Pod } from "@drydock/machinery";
import type { Benchmark, Figure } from "./report.ts";
import { median, percentile } from "./statistics.ts";

const NODES = 5000;
const PODS = 10_000;
const ROUNDS = 3;

/** Decisions alone: no API server, no etcd. */
const scheduler: Benchmark = {
  name: "scheduler",
  description: `${PODS} pods onto ${NODES} nodes: the pure core of the scheduler alone, basic profile`,
  async run(log) {
    const rates: number[] = [];
    const decisions: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const state = new ClusterState();
      for (let i = 0; i < NODES; i += 1) state.setNode(hollowNode(i));
      const pods = Array.from({ length: PODS }, (_, i) => pendingPod(i));
      let start = 0;
      const began = performance.now();
      let before = began;
      for (const pod of pods) {
        const info = podInfoOf(pod);
        const decision = schedule(state, info, defaultProfile, { start });
        if (decision.node === undefined) throw new Error(`pod ${info.key} fits nowhere`);
        start = decision.nextStart;
        state.assume(info, decision.node);
        const after = performance.now();
        decisions.push(after - before);
        before = after;
      }
      rates.push((PODS / (before - began)) * 1000);
      log(`round ${round}: ${rates.at(-1)?.toFixed(0)} pods/s`);
    }
    const rate = median(rates);
    const p99 = percentile(decisions, 0.99);
    const figures: Figure[] = [
      {
        name: "decisions, core alone",
        median: rate,
        unit: "pods/s",
        samples: ROUNDS,
        target: { text: ">= 5000 pods/s", met: rate >= 5000 },
      },
      {
        name: "one decision",
        median: median(decisions),
        p99,
        unit: "ms",
        samples: decisions.length,
        target: { text: "p99 < 10 ms", met: p99 < 10 },
      },
    ];
    return figures;
  },
};
export default scheduler;

function hollowNode(i: number): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: `node-${i}`, labels: { zone: `zone-${i % 3}` } },
    status: {
      allocatable: { cpu: "8", memory: "32Gi", pods: "110" },
      conditions: [{ type: "Ready", status: "True" }],
    },
  };
}

function pendingPod(i: number): Pod {
  const requests = { cpu: `${100 + 50 * (i % 5)}m`, memory: `${128 * (1 + (i % 4))}Mi` };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${i}`, namespace: "default", uid: `uid-${i}` },
    spec: { containers: [{ name: "c", image: "c", resources: { requests } }] },
  };
}
