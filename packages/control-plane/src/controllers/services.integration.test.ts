import { EndpointSlice, Pod, Service } from "@drydock/machinery";
import t from "tap";
import { startTestCluster } from "./test-support/cluster.ts";
import { until } from "./test-support/until.ts";

const namespace = "default";

t.test("the slices of a service follow its pods, with two controllers at work", async (t) => {
  const cluster = await startTestCluster();
  t.teardown(() => cluster.close());
  const { admin } = cluster;
  // Without a leader election both act: nothing may come of it.
  await Promise.all([cluster.controllers(), cluster.controllers()]);

  const run = async (name: string, podIP: string, ready: boolean): Promise<void> => {
    const pod = await admin.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "web:1" }] },
    });
    await report(pod, podIP, ready);
  };
  const report = (pod: Pod, podIP: string, ready: boolean): Promise<Pod> => {
    const status = ready ? ("True" as const) : ("False" as const);
    return admin.updateStatus(Pod, {
      ...pod,
      status: { ...pod.status, phase: "Running", podIP, conditions: [{ type: "Ready", status }] },
    });
  };
  const endpointsAre = (what: string, wanted: Record<string, boolean>) =>
    until(admin, EndpointSlice, { namespace, labelSelector: "kubernetes.io/service-name=web" }, what, (slices) => {
      const seen = slices
        .flatMap(({ endpoints }) => endpoints)
        .map(({ addresses, conditions }) => [addresses[0], conditions?.ready]);
      return slices.length === 1 && JSON.stringify(Object.fromEntries(seen)) === JSON.stringify(wanted);
    });

  await run("one", "10.88.0.2", true);
  const service = await admin.create(Service, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace },
    spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  t.match(service.spec, { clusterIP: /^10\.96\./, type: "ClusterIP", ports: [{ protocol: "TCP" }] });
  await endpointsAre("the pod that was there", { "10.88.0.2": true });
  await run("two", "10.88.0.3", false);
  await endpointsAre("one that is not ready", { "10.88.0.2": true, "10.88.0.3": false });
  await report(await admin.get(Pod, { namespace, name: "two" }), "10.88.0.3", true);
  await endpointsAre("both", { "10.88.0.2": true, "10.88.0.3": true });
  await admin.delete(Pod, { namespace, name: "one" }, { gracePeriodSeconds: 0 });
  await endpointsAre("the one that is left", { "10.88.0.3": true });

  const [slice] = (await admin.list(EndpointSlice, { namespace })).items;
  await admin.delete(EndpointSlice, { namespace, name: slice?.metadata.name ?? "" });
  await endpointsAre("made again", { "10.88.0.3": true });

  await admin.delete(Service, { namespace, name: "web" });
  await until(
    admin,
    EndpointSlice,
    { namespace },
    "no slice of a service that is gone",
    (slices) => slices.length === 0,
  );
});

t.test(
  "each service has an address of its own, whoever asks at the same time; it is free again afterwards",
  async (t) => {
    const cluster = await startTestCluster();
    t.teardown(() => cluster.close());
    const { admin } = cluster;
    const make = (name: string, clusterIP?: string) =>
      admin.create(Service, {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace },
        spec: { ports: [{ port: 80 }], ...(clusterIP === undefined ? {} : { clusterIP }) },
      });
    const asked = await Promise.allSettled(["a", "b", "c"].map((name) => make(name, "10.96.1.1")));
    t.equal(asked.filter(({ status }) => status === "fulfilled").length, 1, "one gets it");
    const refused = asked.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    t.match(refused.reason, {
      code: "API_INVALID",
      message: /failed to allocate IP 10.96.1.1: the provided IP is already allocated/,
    });
    const [winner] = (await admin.list(Service, { namespace })).items;
    await admin.delete(Service, { namespace, name: winner?.metadata.name ?? "" });
    t.match((await make("again", "10.96.1.1")).spec, { clusterIP: "10.96.1.1", clusterIPs: ["10.96.1.1"] });
    await t.rejects(make("outside", "10.97.0.1"), {
      code: "API_INVALID",
      message: /not in the valid range.*10.96.0.0\/16/,
    });
    t.match((await make("headless", "None")).spec, { clusterIP: "None", clusterIPs: ["None"] });
    const many = await Promise.all(Array.from({ length: 30 }, (_, i) => make(`many-${i}`)));
    t.equal(new Set(many.map(({ spec }) => spec?.clusterIP)).size, 30);
  },
);
