import type { Pod, Service } from "@drydock/machinery";
import t from "tap";
import { desiredSlices } from "./desired-slices.ts";

const service = (spec: object): Service =>
  ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default", uid: "s1", labels: { app: "web" } },
    spec,
  }) as Service;

function pod(
  name: string,
  options: { ip?: string; ready?: boolean; ending?: boolean; phase?: string; port?: number } = {},
): Pod {
  const { ip = "10.88.0.2", ready = true, ending = false, phase = "Running", port = 8080 } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      uid: `u-${name}`,
      ...(ending ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: {
      nodeName: "node-1",
      containers: [{ name: "c", image: "i", ports: [{ name: "http", containerPort: port }] }],
    },
    status: { phase, ...(ip ? { podIP: ip } : {}), conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  } as Pod;
}

const ports = [{ name: "http", port: 80, targetPort: "http" }];

t.test("a ready pod, one that is not, one that ends; none without an address, none that has ended", async (t) => {
  const pods = [
    pod("c", { ending: true }),
    pod("a"),
    pod("b", { ready: false }),
    pod("no-address", { ip: "" }),
    pod("done", { phase: "Succeeded" }),
  ];
  const [slice, ...more] = desiredSlices(service({ ports }), pods);
  t.same(more, []);
  t.match(slice, {
    apiVersion: "discovery.k8s.io/v1",
    metadata: {
      namespace: "default",
      labels: {
        app: "web",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      ownerReferences: [{ kind: "Service", name: "web", uid: "s1", controller: true }],
    },
    addressType: "IPv4",
    ports: [{ name: "http", protocol: "TCP", port: 8080 }],
  });
  t.same(
    slice?.endpoints.map(({ targetRef, conditions, nodeName }) => [targetRef?.name, conditions, nodeName]),
    [
      ["a", { ready: true, serving: true, terminating: false }, "node-1"],
      ["b", { ready: false, serving: false, terminating: false }, "node-1"],
      ["c", { ready: false, serving: true, terminating: true }, "node-1"],
    ],
  );
});

t.test("whoever computes them comes to the same, in whatever order the pods are", async (t) => {
  const pods = ["a", "b", "c"].map((name) => pod(name));
  t.same(desiredSlices(service({ ports }), pods), desiredSlices(service({ ports }), pods.toReversed()));
});

t.test("a named port that is another number in some pods makes another slice", async (t) => {
  const slices = desiredSlices(service({ ports }), [pod("a"), pod("b", { port: 9090 }), pod("c")]);
  t.same(
    slices.map((slice) => [slice.ports?.[0]?.port, slice.endpoints.length]),
    [
      [8080, 2],
      [9090, 1],
    ],
  );
  t.equal(new Set(slices.map(({ metadata }) => metadata.name)).size, 2);
});

t.test("at most a hundred endpoints in a slice; an empty service has an empty one", async (t) => {
  const pods = Array.from({ length: 250 }, (_, i) => pod(`p${i}`, { ip: `10.88.1.${i}` }));
  t.same(
    desiredSlices(service({ ports }), pods).map(({ endpoints }) => endpoints.length),
    [100, 100, 50],
  );
  t.same(
    desiredSlices(service({ ports }), []).map(({ endpoints }) => endpoints),
    [[]],
  );
});

t.test("pods count as ready whatever they say, where the service wants it so", async (t) => {
  const [slice] = desiredSlices(service({ ports, publishNotReadyAddresses: true, clusterIP: "None" }), [
    pod("a", { ready: false }),
  ]);
  t.match(slice?.endpoints[0]?.conditions, { ready: true, serving: false });
  t.match(slice?.metadata.labels, { "service.kubernetes.io/headless": "" });
});
