import t from "tap";
import { pod, startOfTime } from "../test-support/objects.ts";
import { sortForDeletion } from "./deletion-order.ts";
import { deletionCostAnnotation } from "./labels.ts";

const when = { now: startOfTime + 1_000_000, minReadySeconds: 0 };

t.test("the pod whose loss hurts least goes first", async (t) => {
  const dear = pod({ name: "dear", node: "n1", readySince: 0 });
  dear.metadata.annotations = { [deletionCostAnnotation]: "10" };
  const pods = [
    dear,
    pod({ name: "old", node: "n2", readySince: 0 }),
    pod({ name: "young", node: "n3", readySince: 990, createdAt: 990 }),
    pod({ name: "crowded", node: "n4", readySince: 0 }),
    pod({ name: "restarted", node: "n5", readySince: 0, restarts: 3 }),
    pod({ name: "not-ready", node: "n6", phase: "Running" }),
    pod({ name: "pending", node: "n7" }),
    pod({ name: "unassigned" }),
  ];
  const siblings = [...pods, pod({ name: "other", node: "n4" })];
  t.same(
    sortForDeletion(pods, siblings, when).map(({ metadata }) => metadata.name),
    ["unassigned", "pending", "not-ready", "crowded", "young", "restarted", "old", "dear"],
  );
});

t.test("ready but not yet for long enough goes before what is available", async (t) => {
  const pods = [
    pod({ name: "available", node: "n1", readySince: 0 }),
    pod({ name: "almost", node: "n2", readySince: 990 }),
    pod({ name: "also-available", node: "n1", readySince: 0 }),
  ];
  const [first] = sortForDeletion(pods, pods, { ...when, minReadySeconds: 30 });
  t.equal(first?.metadata.name, "almost");
});
