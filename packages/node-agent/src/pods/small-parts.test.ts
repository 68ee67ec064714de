import type { ConfigMap, Container, EnvVar, Secret } from "@drydock/machinery";
import t from "tap";
import { noSources, type SourceObjects } from "../sources/source-objects.ts";
import { image, makePod, uid, web } from "../test/pod-values.ts";
import { containerSpecOf, sandboxSpecOf } from "./container-spec.ts";
import { environmentOf } from "./environment.ts";
import { expand } from "./expand.ts";
import { oomScoreAdj, podCgroupPath, qosClassOf } from "./qos.ts";
import { resourcesOf } from "./resources.ts";

const facts = { nodeName: "node-1", hostIP: "10.88.0.11", podIP: "10.88.1.2", cpus: 4, memoryBytes: 8 * 2 ** 30 };

t.test("expand", async (t) => {
  const variables = new Map([
    ["A", "1"],
    ["B", "$(A)"],
  ]);
  t.equal(expand("$(A)-$(B)-$(C)", variables), "1-$(A)-$(C)", "unknown names stay, results are not looked at again");
  t.equal(expand("$$(A) $A $( $$", variables), "$(A) $A $( $");
});

t.test("environment", async (t) => {
  const container: Container = {
    name: "web",
    env: [
      { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "TEAM", valueFrom: { fieldRef: { fieldPath: "metadata.labels['example.test/team']" } } },
      { name: "URL", value: "http://$(IP)/$(NAME)" },
      { name: "LATER", value: "$(NEXT)" },
      { name: "NEXT", value: "x" },
    ],
  };
  const pod = makePod({}, { labels: { "example.test/team": "blue" } });
  t.same(Object.fromEntries(environmentOf(pod, container, facts, noSources).map(({ name, value }) => [name, value])), {
    NAME: "web-1",
    IP: "10.88.1.2",
    TEAM: "blue",
    URL: "http://10.88.1.2/web-1",
    LATER: "$(NEXT)",
    NEXT: "x",
  });
  const bad: Container = { name: "web", env: [{ name: "X", valueFrom: { fieldRef: { fieldPath: "spec.nothing" } } }] };
  t.throws(() => environmentOf(pod, bad, facts, noSources), { code: "AGENT_BAD_ENV" });
});

t.test("environment from ConfigMaps, Secrets and resources", async (t) => {
  const metadata = { name: "x", namespace: "default" };
  const settings: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1", "b.c": "2" } };
  const keys: Secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    data: { token: btoa("hidden"), "=": btoa("bad") },
  };
  const sources: SourceObjects = {
    configMap: (name) => (name === "settings" ? settings : undefined),
    secret: (name) => (name === "keys" ? keys : undefined),
  };
  const of = (container: Partial<Container>): Record<string, string> => {
    const whole: Container = { name: "web", ...container };
    const pod = makePod({ containers: [whole] });
    return Object.fromEntries(environmentOf(pod, whole, facts, sources).map(({ name, value }) => [name, value]));
  };
  t.same(of({ envFrom: [{ prefix: "P_", configMapRef: { name: "settings" } }, { secretRef: { name: "keys" } }] }), {
    P_a: "1",
    "P_b.c": "2",
    token: "hidden",
  });
  const from = (valueFrom: NonNullable<EnvVar["valueFrom"]>): Record<string, string> =>
    of({ env: [{ name: "X", valueFrom }] });
  t.same(from({ configMapKeyRef: { name: "settings", key: "a" } }), { X: "1" });
  t.same(from({ secretKeyRef: { name: "keys", key: "token" } }), { X: "hidden" });
  t.same(from({ secretKeyRef: { name: "none", key: "token", optional: true } }), {}, "optional and missing: not set");
  t.same(of({ envFrom: [{ configMapRef: { name: "none", optional: true } }] }), {});
  const refused = (act: () => unknown, message: string): void => {
    t.throws(act, { code: "AGENT_BAD_ENV", message, hint: String });
  };
  refused(() => from({ configMapKeyRef: { name: "none", key: "a" } }), 'configmap "none" not found');
  refused(() => from({ secretKeyRef: { name: "keys", key: "b" } }), "couldn't find key b in secret default/keys");
  refused(() => of({ envFrom: [{ secretRef: { name: "none" } }] }), 'secret "none" not found');

  const amount = (resource: string, divisor?: string): string | undefined =>
    of({
      env: [{ name: "X", valueFrom: { resourceFieldRef: { resource, ...(divisor ? { divisor } : {}) } } }],
      resources: { limits: { memory: "64Mi" }, requests: { cpu: "250m" } },
    }).X;
  t.equal(amount("limits.memory"), String(64 * 2 ** 20));
  t.equal(amount("limits.memory", "1Mi"), "64");
  t.equal(amount("requests.cpu"), "1", "rounded up");
  t.equal(amount("requests.cpu", "1m"), "250");
  t.equal(amount("limits.cpu"), "4", "without a limit all that the node has");
  t.equal(amount("requests.memory"), "0");
});

t.test("quality of service", async (t) => {
  const of = (resources: Container["resources"]) =>
    qosClassOf({ containers: [resources ? { ...web, resources } : web] });
  t.equal(of(undefined), "BestEffort");
  t.equal(of({ requests: { cpu: "100m" } }), "Burstable");
  t.equal(of({ limits: { cpu: "1", memory: "1Gi" } }), "Guaranteed");
  t.equal(of({ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1000m", memory: "1024Mi" } }), "Guaranteed");
  t.equal(of({ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "0.5" } }), "Burstable");
  t.equal(of({ limits: { memory: "1Gi" } }), "Burstable");
  t.equal(podCgroupPath("Guaranteed", "u"), "kubepods/podu");
  t.equal(podCgroupPath("BestEffort", "u"), "kubepods/besteffort/podu");
  t.same([oomScoreAdj("Guaranteed", 0, 1), oomScoreAdj("BestEffort", 0, 1)], [-997, 1000]);
  t.same(
    [oomScoreAdj("Burstable", 250, 1000), oomScoreAdj("Burstable", 1000, 1000), oomScoreAdj("Burstable", 0, 1000)],
    [750, 3, 999],
  );
});

t.test("resources in the kernel's units", async (t) => {
  t.same(resourcesOf(web), {}, "nothing asked, nothing set");
  t.same(
    resourcesOf({
      ...web,
      resources: { requests: { cpu: "250m", memory: "64Mi" }, limits: { cpu: "0.5", memory: "128Mi" } },
    }),
    {
      cpuShares: 256,
      cpuPeriodUs: 100_000,
      cpuQuotaUs: 50_000,
      memoryLimitBytes: 128 * 2 ** 20,
    },
  );
  t.match(
    resourcesOf({ ...web, resources: { limits: { cpu: "1m" } } }),
    { cpuShares: 2, cpuQuotaUs: 1_000 },
    "the kernel's least",
  );
});

t.test("what the runtime is asked for", async (t) => {
  const container: Container = {
    name: "web",
    image: "web:1",
    command: ["sh", "-c"],
    args: ["echo $(WHO)"],
    env: [{ name: "WHO", value: "me" }],
    securityContext: { runAsUser: 1000, capabilities: { drop: ["ALL"] } },
  };
  const spec = containerSpecOf({
    pod: makePod({ containers: [container] }),
    start: { type: "start", container, attempt: 2, failures: 1, image },
    facts,
    sources: noSources,
    mounts: [{ hostPath: "/v", containerPath: "/data", readOnly: true }],
    logPath: "/logs/2.log",
    terminationMessagePath: "/state/t",
    machineMemoryBytes: 2 ** 30,
  });
  t.match(spec, {
    podUid: uid,
    attempt: 2,
    failures: 1,
    imageId: "sha256:1",
    command: ["sh", "-c"],
    args: ["echo me"],
    security: { runAsUser: 1000, dropCapabilities: ["ALL"] },
    oomScoreAdj: 1000,
    mounts: [
      { hostPath: "/v", containerPath: "/data", readOnly: true },
      { hostPath: "/state/t", containerPath: "/dev/termination-log" },
    ],
  });
  const network = { nameservers: ["10.0.0.10"], searches: [] };
  const long = sandboxSpecOf(makePod({}, { name: `${"a".repeat(62)}-b` }), network, "/logs/pod");
  t.equal(long.hostname, "a".repeat(62));
});

t.test("who a container is: its own settings come before its pod's", async (t) => {
  const securityOf = (ofPod: object, own: object) => {
    const container: Container = { ...web, securityContext: own };
    const start = { type: "start" as const, container, attempt: 0, failures: 0, image };
    const pod = makePod({ containers: [container], securityContext: ofPod });
    const rest = { mounts: [], logPath: "/l", terminationMessagePath: "/t", machineMemoryBytes: 1 };
    return containerSpecOf({ pod, start, facts, sources: noSources, ...rest }).security;
  };
  t.match(securityOf({}, {}), { allowPrivilegeEscalation: true, runAsNonRoot: false, supplementalGroups: [] });
  t.match(securityOf({ runAsUser: 5, runAsNonRoot: true, supplementalGroups: [7], fsGroup: 8 }, { runAsUser: 6 }), {
    runAsUser: 6,
    runAsNonRoot: true,
    supplementalGroups: [7, 8],
  });
  t.equal(securityOf({}, { allowPrivilegeEscalation: false }).allowPrivilegeEscalation, false);
  const seccompProfile = { type: "RuntimeDefault" };
  t.equal(securityOf({ seccompProfile }, {}).seccompDefault, true);
  t.equal(securityOf({ seccompProfile }, { seccompProfile: { type: "Unconfined" } }).seccompDefault, false);
});
