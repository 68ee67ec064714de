import type { ContainerStatus, Event, Node, Pod, PodStatus, Workload } from "@drydock/machinery";
import t from "tap";
import { type Explanation, explanationLines } from "./explanation.ts";
import { placementOf } from "./placement.ts";
import { planPods } from "./plan-pods.ts";
import { whyNamespace } from "./why-namespace.ts";
import { whyNode } from "./why-node.ts";
import { whyPod } from "./why-pod.ts";
import { whyWorkload } from "./why-workload.ts";

const now = Date.parse("2026-11-21T10:00:00Z");

function makeNode(
  name: string,
  fields: { spec?: Node["spec"]; labels?: Record<string, string>; ready?: string } = {},
): Node {
  const { spec = {}, labels = {}, ready = "True" } = fields;
  const condition = { type: "Ready", status: ready as "True", lastTransitionTime: "2026-11-21T09:00:00Z" };
  const allocatable = { cpu: "2", memory: "1Gi", pods: "10" };
  const status = { allocatable, conditions: [condition] };
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels }, spec, status };
}

function makePod(name: string, spec: Partial<Pod["spec"]> = {}, status: PodStatus = { phase: "Pending" }): Pod {
  const metadata = { name, namespace: "default", uid: name, creationTimestamp: "2026-11-21T09:59:00Z" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { containers: [{ name: "main", image: "web:1" }], ...spec },
    status,
  };
}

const asking = (cpu: string): Partial<Pod["spec"]> => ({
  containers: [{ name: "main", image: "web:1", resources: { requests: { cpu } } }],
});

function makeEvent(reason: string, message: string): Event {
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: reason, namespace: "default" },
    involvedObject: { kind: "Pod" },
    lastTimestamp: "2026-11-21T09:59:50Z",
    reason,
    message,
    type: "Warning",
  } as Event;
}

const why = (pod: Pod, nodes: Node[] = [makeNode("a")], pods: Pod[] = [], events: Event[] = []): Explanation =>
  whyPod({ pod, placement: placementOf(pod, nodes, pods), events, now });

const bound = (status: Partial<ContainerStatus>, fields: PodStatus = { phase: "Running" }): Pod => {
  const main = { name: "main", image: "web:1", imageID: "", ready: false, restartCount: 0, ...status };
  return makePod("web", { nodeName: "a" }, { ...fields, containerStatuses: [main] });
};

t.test("pending: every node, every rule, the numbers and what would help", async (t) => {
  const nodes = [
    makeNode("full"),
    makeNode("cordoned", { spec: { unschedulable: true } }),
    makeNode("tainted", { spec: { taints: [{ key: "gpu", effect: "NoSchedule" }] } }),
    makeNode("away", { ready: "Unknown" }),
  ];
  const taken = makePod("other", { ...asking("1500m"), nodeName: "full" }, { phase: "Running" });
  const found = why(makePod("web", asking("800m")), nodes, [taken], [makeEvent("FailedScheduling", "0/4 nodes")]);
  t.match(found, {
    subject: "pod/web",
    verdict: "it is pending: none of 4 nodes can take it.",
    because: ["10s ago: FailedScheduling: 0/4 nodes"],
    table: { header: ["Node", "Verdict (asks for 800m cpu, 0Mi)", "Free", "Scores"] },
  });
  const row = (node: string) => found.table?.rows.find(([name]) => name === node);
  t.match(row("full"), ["full", "NodeResourcesFit: Insufficient cpu", "500m cpu, 1024Mi"]);
  t.match(row("cordoned")?.[1], /NodeUnschedulable: node\(s\) were unschedulable/);
  t.match(row("tainted")?.[1], /untolerated taint \{gpu: \}/);
  t.match(found.next.join("\n"), /up to 2000m cpu/);
  t.match(found.next.join("\n"), /kubectl uncordon cordoned/);
  t.match(found.next.join("\n"), /drydock why node\/away/);

  const choosy = why(makePod("web", { nodeSelector: { disk: "ssd" } }));
  t.match(choosy.next, [/kubectl label node a disk=ssd/]);
  t.match(why(makePod("web"), []).next, [/there is no node/]);
  t.match(why(makePod("web", { schedulerName: "mine" })).verdict, /waits for the scheduler "mine"/);
  t.match(why(makePod("web")).verdict, /not placed yet, although it fits on a now/);
});

t.test("containers that wait, restart or are not ready", async (t) => {
  const terminated = { exitCode: 127, reason: "Error" };
  const crashing = why(
    bound({ restartCount: 3, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated } }),
  );
  t.match(crashing.verdict, /main ended 4 times/);
  t.match(crashing.because, ["container main ended with exit code 127: the command was not found in the image"]);
  t.match(crashing.next, [/logs web -c main --previous/]);
  const killed = { terminated: { exitCode: 137, reason: "OOMKilled" } };
  t.match(why(bound({ state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: killed })).next, [
    /limits\.memory/,
  ]);
  const message = "no such host";
  t.match(why(bound({ state: { waiting: { reason: "ErrImagePull", message } } })), {
    verdict: "the image web:1 of container main cannot be had.",
    because: [message],
  });
  const config = { waiting: { reason: "CreateContainerConfigError", message: 'secret "x" not found' } };
  t.match(why(bound({ state: config })).because, ['secret "x" not found']);
  const unready = why(bound({ started: true, state: { running: {} } }), undefined, [], [makeEvent("Unhealthy", "503")]);
  t.match(unready, { verdict: /not passed its readiness probe/, because: ["10s ago: Unhealthy: 503"] });
  t.match(
    why(bound({ state: { waiting: { reason: "ContainerCreating" } } }, { phase: "Pending" })).verdict,
    /being started on a/,
  );
});

t.test("placed, done, failed, going away", async (t) => {
  const conditions = [{ type: "Ready", status: "True" as const }];
  const ready = { phase: "Running" as const, conditions, startTime: "2026-11-21T09:58:00Z" };
  const placed = why(bound({ ready: true, state: { running: {} } }, ready), [makeNode("a"), makeNode("b")]);
  t.match(placed.verdict, "it is running and ready since 2m.");
  t.equal(placed.table?.rows.length, 2);
  t.match(placed.table?.rows[0]?.[3], /LeastAllocated/);
  const done = why(bound({ state: { terminated: { exitCode: 0 } } }, { phase: "Succeeded" }));
  t.match(done, { verdict: "its work is done.", because: [/exit code 0/] });
  const evicted = why(bound({}, { phase: "Failed", reason: "Evicted", message: "The node was low on memory." }));
  t.match(evicted, { verdict: "it has failed: Evicted.", because: ["The node was low on memory."] });
  const pod = bound({ state: { running: {} } });
  pod.metadata.deletionTimestamp = "2026-11-21T09:59:00Z";
  pod.metadata.finalizers = ["example.test/hold"];
  t.match(why(pod), { verdict: /should be gone by now/, because: [/main still runs/, /example\.test\/hold holds it/] });
});

t.test("nodes", async (t) => {
  const facts = { lease: undefined, pods: [], events: [], now };
  t.match(whyNode({ ...facts, node: makeNode("a") }).verdict, "it is ready since 60m.");
  t.match(whyNode({ ...facts, node: makeNode("a", { ready: "Unknown" }) }).verdict, /nobody has heard of its agent/);
  const cordoned = whyNode({ ...facts, node: makeNode("a", { spec: { unschedulable: true } }) });
  t.match(cordoned, { verdict: /closed for new pods/, next: [/kubectl uncordon a/] });
});

t.test("a workload is explained by the pod that holds it up", async (t) => {
  const workload = {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name: "web" },
    spec: { replicas: 2 },
    status: { replicas: 2, updatedReplicas: 1, availableReplicas: 1 },
  } as Workload;
  const stuck = {
    ...workload,
    status: {
      ...workload.status,
      conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "too slow" }],
    },
  } as Workload;
  const pod = bound({ state: { waiting: { reason: "ErrImagePull", message: "no" } } });
  const found = whyWorkload({ workload: stuck, pods: [pod], events: [], explainPod: (one) => why(one) });
  t.match(found.verdict, "its rollout is stuck (ProgressDeadlineExceeded).");
  t.match(found.inner?.verdict, /image web:1/);
  const whole = { ...workload, status: { replicas: 2, updatedReplicas: 2, availableReplicas: 2 } };
  t.match(whyWorkload({ workload: whole, pods: [], events: [], explainPod: why }).verdict, "it is as it should be.");
  const text = explanationLines(found, 60);
  t.ok(
    text.every((line) => line.length <= 60),
    "within the width",
  );
  t.match(text.join("\n"), /What to do:\n {2}drydock rollout undo/);
});

t.test("a plan gives no room away twice", async (t) => {
  const nodes = [makeNode("a"), makeNode("b")];
  const found = planPods(
    ["1", "2", "3"].map((name) => makePod(name, asking("1500m"))),
    nodes,
    [],
  );
  t.match(
    found.map(({ verdict }) => verdict),
    ["would go to a.", "would go to b.", /would stay pending: none of 2 nodes/],
  );
});

t.test("a namespace that does not go: what is left in it, and what its finalizers mean", async (t) => {
  const of = (status: object, deletionTimestamp?: string): Explanation =>
    whyNamespace(
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "old", ...(deletionTimestamp ? { deletionTimestamp } : {}) },
        status,
      },
      now,
    );
  t.match(of({}).verdict, /nobody has deleted it/);
  const since = "2026-11-21T09:50:00Z";
  t.match(of({}, since).next, [/whether the controllers run/]);
  const content =
    "Some resources are remaining: leases.coordination.k8s.io has 2 resource instances, secrets. has 1 resource instances";
  const finalizers = "Some content in the namespace has finalizers remaining: a.b/c in 3 resource instances";
  const stuck = of(
    {
      conditions: [
        { type: "NamespaceContentRemaining", status: "True", message: content },
        { type: "NamespaceFinalizersRemaining", status: "True", message: finalizers },
        { type: "NamespaceDeletionDiscoveryFailure", status: "False", message: "all is well" },
      ],
    },
    since,
  );
  t.match(stuck.verdict, "being deleted for 10m");
  t.same(stuck.because, [content, finalizers]);
  t.match(stuck.next, [
    "drydock get leases,secrets -n old -o yaml shows whose finalizers they have",
    /do the work first/,
  ]);
});
