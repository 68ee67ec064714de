import type { Taint, Toleration } from "@drydock/machinery";
import t from "tap";
import { at, pod, startOfTime } from "../test-support/objects.ts";
import { evictionTime } from "./eviction.ts";

const lost: Taint = { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: at(0) };
const custom: Taint = { key: "maintenance", value: "now", effect: "NoExecute", timeAdded: at(10) };

/** Seconds after the start of time. */
function leavesAt(taints: Taint[], tolerations?: Toleration[]): number | undefined {
  const one = pod({ name: "a", node: "n" });
  if (tolerations !== undefined) one.spec.tolerations = tolerations;
  const time = evictionTime(one, taints, 300, startOfTime + 20_000);
  return time === undefined ? undefined : (time - startOfTime) / 1000;
}

t.test("when a pod has to leave", async (t) => {
  t.equal(leavesAt([]), undefined);
  t.equal(leavesAt([{ key: "x", effect: "NoSchedule" }]), undefined, "NoSchedule evicts nobody");
  t.equal(leavesAt([lost]), 300, "a lost node is tolerated for a while by default");
  t.equal(leavesAt([custom]), 10, "other taints are not");
  t.equal(leavesAt([lost], [{ key: lost.key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }]), 5);
  t.equal(leavesAt([lost], [{ key: lost.key, operator: "Exists", effect: "NoExecute", tolerationSeconds: -1 }]), 0);
  t.equal(leavesAt([lost], [{ operator: "Exists" }]), undefined, "whoever tolerates everything stays");
  t.equal(leavesAt([lost], [{ key: lost.key, operator: "Exists", effect: "NoSchedule" }]), 300, "another effect");
  t.equal(leavesAt([custom], [{ key: "maintenance", value: "now" }]), undefined);
  t.equal(leavesAt([custom], [{ key: "maintenance", value: "later" }]), 10);
  t.equal(leavesAt([lost, custom], [{ key: "maintenance", operator: "Exists", tolerationSeconds: 60 }]), 70);
});
