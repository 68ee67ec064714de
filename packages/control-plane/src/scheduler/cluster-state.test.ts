import fc from "fast-check";
import t from "tap";
import { node } from "../controllers/test-support/objects.ts";
import { ClusterState } from "./cluster-state.ts";
import { podInfoOf } from "./pod-info.ts";
import { pendingPod } from "./test-support/pending-pod.ts";

const requested = (state: ClusterState, name: string) =>
  state.nodes.find((one) => one.name === name)?.requested.milliCpu;

t.test("an assumed pod counts once, also when it is confirmed", async (t) => {
  const state = new ClusterState();
  state.setNode(node({ name: "a" }));
  state.assume(podInfoOf(pendingPod({ name: "p", cpu: "1" })), "a");
  t.equal(requested(state, "a"), 1000);
  state.setPod(pendingPod({ name: "p", cpu: "1", nodeName: "a" }));
  t.equal(requested(state, "a"), 1000);
  t.equal(state.forget("uid-p"), false, "confirmed: a late failure of the binding takes nothing back");
  t.equal(requested(state, "a"), 1000);
  t.equal(state.removePod("uid-p"), true);
  t.equal(requested(state, "a"), 0);
});

t.test("an assumption can be taken back, or turn out to be wrong", async (t) => {
  const state = new ClusterState();
  state.setNode(node({ name: "a" }));
  state.setNode(node({ name: "b" }));
  state.assume(podInfoOf(pendingPod({ name: "p", cpu: "1" })), "a");
  state.forget("uid-p");
  t.equal(requested(state, "a"), 0);
  state.assume(podInfoOf(pendingPod({ name: "p", cpu: "1" })), "a");
  state.setPod(pendingPod({ name: "p", cpu: "1", nodeName: "b" }));
  t.same([requested(state, "a"), requested(state, "b")], [0, 1000]);
});

t.test("pods are counted whichever is seen first, they or their node", async (t) => {
  const state = new ClusterState();
  state.setPod(pendingPod({ name: "p", cpu: "1", nodeName: "a" }));
  state.setNode(node({ name: "a" }));
  t.equal(requested(state, "a"), 1000);
  state.removeNode("a");
  state.setNode(node({ name: "a" }));
  t.equal(requested(state, "a"), 1000, "a node that registers again still has its pods");
});

t.test("says what changed about a node", async (t) => {
  const state = new ClusterState();
  t.same(state.setNode(node({ name: "a" })), ["NodeAdded"]);
  t.same(state.setNode(node({ name: "a" })), []);
  t.same(state.setNode(node({ name: "a", cpu: "8" })), ["NodeResourcesChanged"]);
  t.same(state.setNode(node({ name: "a", cpu: "8", ready: "Unknown" })), ["NodeConditionsChanged"]);
  t.same(state.setNode(node({ name: "a", cpu: "8", ready: "Unknown", spec: { unschedulable: true } })), [
    "NodeTaintsChanged",
  ]);
});

t.test("any history of nodes and pods: the sums are those of the pods that are there", async () => {
  const names = ["a", "b", "c"];
  const step = fc.record({
    what: fc.constantFrom("set", "assume", "forget", "remove", "nodeUp", "nodeDown"),
    pod: fc.nat(5),
    node: fc.constantFrom(...names),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const state = new ClusterState();
      const where = new Map<number, { node: string; assumed: boolean }>();
      for (const { what, pod, node: name } of steps) {
        const facts = { name: `p${pod}`, cpu: `${pod + 1}` };
        if (what === "set") {
          state.setPod(pendingPod({ ...facts, nodeName: name }));
          where.set(pod, { node: name, assumed: false });
        } else if (what === "assume" && !where.has(pod)) {
          state.assume(podInfoOf(pendingPod(facts)), name);
          where.set(pod, { node: name, assumed: true });
        } else if (what === "forget") {
          state.forget(`uid-p${pod}`);
          if (where.get(pod)?.assumed) where.delete(pod);
        } else if (what === "remove") {
          state.removePod(`uid-p${pod}`);
          where.delete(pod);
        } else if (what === "nodeUp") state.setNode(node({ name }));
        else if (what === "nodeDown") state.removeNode(name);
      }
      for (const name of names) state.setNode(node({ name }));
      for (const name of names) {
        const expected = [...where].reduce((sum, [pod, at]) => sum + (at.node === name ? (pod + 1) * 1000 : 0), 0);
        if (requested(state, name) !== expected) throw new Error(`${name}: ${requested(state, name)}, not ${expected}`);
      }
    }),
    { numRuns: 1000 },
  );
});
