import t from "tap";
import type { Kind } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import { ClusterRoleBinding } from "./cluster-role-binding.ts";
import { ControllerRevision } from "./controller-revision.ts";
import { Event } from "./event.ts";
import { Node } from "./node.ts";

const now = Date.UTC(2026, 0, 1, 0, 10);
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString().replace(".000", "");

function row<T extends KubeObject>(kind: Kind<T>, object: T): Record<string, unknown> {
  return Object.fromEntries(kind.columns.map(({ name, value }) => [name, value(object, now)]));
}

t.test("nodes", async (t) => {
  const node: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: "node-1",
      creationTimestamp: ago(90),
      labels: { "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "" },
    },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      addresses: [{ type: "InternalIP", address: "10.88.0.10" }],
    },
  };
  t.match(row(Node, node), {
    Name: "node-1",
    Status: "Ready,SchedulingDisabled",
    Roles: "control-plane,worker",
    Age: "90s",
    "Internal-IP": "10.88.0.10",
    "External-IP": "<none>",
    "OS-Image": "<unknown>",
  });
  t.match(row(Node, { ...node, status: { conditions: [{ type: "Ready", status: "Unknown" }] } }), {
    Status: "NotReady,SchedulingDisabled",
  });
  t.match(row(Node, { ...node, spec: {}, status: {} }), { Status: "Unknown" });
});

t.test("events, old style and series", async (t) => {
  const event: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "web.1" },
    involvedObject: { kind: "Pod", name: "web", fieldPath: "spec.containers{web}" },
    type: "Warning",
    reason: "BackOff",
    message: "again\n",
    source: { component: "kubelet", host: "node-1" },
    firstTimestamp: ago(300),
    lastTimestamp: ago(10),
    count: 7,
  };
  t.match(row(Event, event), {
    "Last Seen": "10s",
    "First Seen": "5m",
    Object: "pod/web",
    Source: "kubelet, node-1",
    Message: "again",
    Count: 7,
  });
  const { firstTimestamp: _f, lastTimestamp: _l, count: _c, source: _s, ...rest } = event;
  const series = {
    ...rest,
    eventTime: ago(60),
    series: { count: 3, lastObservedTime: ago(5) },
    reportingComponent: "scheduler",
  };
  t.match(row(Event, series), { "Last Seen": "5s", "First Seen": "60s", Source: "scheduler", Count: 3 });
  t.match(row(Event, { ...rest, lastTimestamp: null }), { "Last Seen": "<unknown>", Count: 1 });
});

t.test("bindings and revisions", async (t) => {
  const metadata = { name: "x", creationTimestamp: ago(1) };
  const binding: ClusterRoleBinding = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata,
    roleRef: { kind: "ClusterRole", name: "admin" },
    subjects: [
      { kind: "User", name: "ann" },
      { kind: "User", name: "bob" },
      { kind: "ServiceAccount", name: "robot", namespace: "n" },
    ],
  };
  t.match(row(ClusterRoleBinding, binding), {
    Role: "ClusterRole/admin",
    Users: "ann, bob",
    Groups: "",
    ServiceAccounts: "n/robot",
  });
  const owner = { apiVersion: "drydock.dev/v1", kind: "Workload", name: "web", uid: "u", controller: true };
  const revision: ControllerRevision = {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: { ...metadata, ownerReferences: [owner] },
    revision: 3,
  };
  t.match(row(ControllerRevision, revision), { Controller: "workload.drydock.dev/web", Revision: 3 });
});
