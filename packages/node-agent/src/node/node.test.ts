import type { Node } from "@drydock/machinery";
import t from "tap";
import { readMachine } from "./machine.ts";
import { nodeObject, nodeStatus } from "./node-object.ts";
import { routeCommands, wantedRoutes } from "./routes.ts";

const now = Date.parse("2026-11-21T10:00:00Z");

t.test("the Node object", async (t) => {
  const machine = await readMachine("drydock-native://0.1.0");
  const node = {
    name: "node-1",
    address: "10.88.0.11",
    port: 10250,
    podCidr: "10.88.1.0/24",
    labels: { zone: "a" },
    machine,
  };
  t.match(nodeObject(node), {
    metadata: {
      name: "node-1",
      labels: { zone: "a", "kubernetes.io/hostname": "node-1", "kubernetes.io/os": "linux" },
    },
    spec: { podCIDR: "10.88.1.0/24" },
  });
  const status = nodeStatus(node, [{ id: "sha256:1", names: ["a:1"], sizeBytes: 5 }], undefined, undefined, now);
  t.match(status, {
    capacity: { pods: "110", cpu: /^\d+$/, memory: /^\d+Ki$/ },
    addresses: [
      { type: "InternalIP", address: "10.88.0.11" },
      { type: "Hostname", address: "node-1" },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: { kubeletVersion: /^v1\.35\.0-drydock/, operatingSystem: "linux" },
    images: [{ names: ["a:1"], sizeBytes: 5 }],
    conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
  });
  const later = nodeStatus(node, [], "the bridge is gone", status, now + 60_000);
  t.match(later.conditions, [
    { status: "False", message: "the bridge is gone", lastTransitionTime: "2026-11-21T10:01:00Z" },
  ]);
  const still = nodeStatus(node, [], undefined, status, now + 60_000);
  t.match(still.conditions, [
    { lastTransitionTime: "2026-11-21T10:00:00Z", lastHeartbeatTime: "2026-11-21T10:01:00Z" },
  ]);
});

function makeNode(name: string, podCIDR?: string, address?: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    spec: podCIDR ? { podCIDR } : {},
    status: address ? { addresses: [{ type: "InternalIP", address }] } : {},
  };
}

t.test("routes to other nodes", async (t) => {
  const self = { name: "node-1", address: "10.88.0.11", podCidr: "10.88.1.0/24" };
  const nodes = [
    makeNode("node-1", "10.88.1.0/24", "10.88.0.11"),
    makeNode("node-2", "10.88.2.0/24", "10.88.0.12"),
    makeNode("node-3", "10.88.3.0/24"),
    makeNode("thief", "10.88.1.0/24", "10.88.0.19"),
    makeNode("evil", "10.88.4.0/24\nroute flush all", "10.88.0.13"),
    makeNode("worse", "10.88.5.0/24/24", "10.88.0.13"),
    makeNode("worst", "10.88.4.0/24", "10.0.0.1 dev lo\nroute flush all"),
  ];
  const wanted = wantedRoutes(nodes, self);
  t.same(wanted, [{ destination: "10.88.2.0/24", gateway: "10.88.0.12" }]);
  t.same(routeCommands(wanted, wanted), []);
  t.same(routeCommands([{ destination: "10.88.9.0/24", gateway: "10.88.0.19" }], wanted), [
    "route del 10.88.9.0/24 proto 221",
    "route replace 10.88.2.0/24 via 10.88.0.12 proto 221",
  ]);
  const moved = [{ destination: "10.88.2.0/24", gateway: "10.88.0.99" }];
  t.same(routeCommands(moved, wanted), ["route replace 10.88.2.0/24 via 10.88.0.12 proto 221"]);
});
