import type { Workload, WorkloadStatus } from "@drydock/machinery";
import t from "tap";
import { rolloutState } from "./status-text.ts";
import { workloadOf } from "./target.ts";

function state(status: WorkloadStatus, generation = 2) {
  const spec = { replicas: 3, template: { spec: { containers: [{ name: "c" }] } } };
  const workload: Workload = {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name: "web", generation },
    spec,
    status,
  };
  return rolloutState(workload);
}

t.test("from the change of the template to the last pod", async (t) => {
  t.match(state({ observedGeneration: 1 }), { done: false, text: /spec update to be observed/ });
  const seen = { observedGeneration: 2, replicas: 4, updatedReplicas: 1 };
  t.match(state(seen), { done: false, text: /1 out of 3 new replicas have been updated/ });
  t.match(state({ ...seen, updatedReplicas: 3 }), { text: /1 old replicas are pending termination/ });
  t.match(state({ ...seen, replicas: 3, updatedReplicas: 3, availableReplicas: 2 }), {
    text: /2 of 3 updated replicas/,
  });
  t.match(state({ ...seen, replicas: 3, updatedReplicas: 3, availableReplicas: 3 }), { done: true });
  const conditions = [{ type: "Progressing", status: "False" as const, reason: "ProgressDeadlineExceeded" }];
  t.match(state({ ...seen, conditions }), { done: false, stuck: true });
});

t.test("what a rollout command names", async (t) => {
  t.equal(workloadOf("workload/web", undefined), "web");
  t.equal(workloadOf("wl", "web"), "web");
  t.throws(() => workloadOf("pod/web", undefined), { code: "CLI_USAGE" });
  t.throws(() => workloadOf("workload", undefined), { code: "CLI_USAGE" });
});
