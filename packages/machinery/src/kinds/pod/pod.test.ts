import t from "tap";
import { readObject, validateObject } from "../../schema/read-object.ts";
import { podStatusWord } from "./columns.ts";
import { Pod } from "./pod.ts";
import { podReferences } from "./references.ts";
import type { PodSpec } from "./spec.ts";
import type { ContainerStatus, PodStatus } from "./status.ts";

const manifest = (spec: object = {}, container: object = {}): unknown => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default" },
  spec: { containers: [{ name: "web", image: "web:1", ...container }], ...spec },
});

function read(spec?: object, container?: object): Pod {
  const { object, unknown, errors } = readObject(Pod, manifest(spec, container));
  if (unknown.length + errors.length > 0) throw new Error(JSON.stringify([unknown, errors]));
  return object;
}

const errorsOf = (spec?: object, container?: object): string[] =>
  validateObject(Pod, read(spec, container)).map(({ field, message }) => `${field}: ${message}`);

t.test("defaults that follow from other fields", async (t) => {
  const { spec } = read(
    { volumes: [{ name: "data" }], serviceAccount: "robot" },
    { resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m" } } },
  );
  t.same(spec.containers[0]?.resources?.requests, { cpu: "100m", memory: "1Gi" });
  t.same(spec.volumes, [{ name: "data", emptyDir: {} }]);
  t.equal(spec.serviceAccountName, "robot");
  t.match(spec, { restartPolicy: "Always", terminationGracePeriodSeconds: 30, schedulerName: "default-scheduler" });
  const policy = (image: string) => read({}, { image }).spec.containers[0]?.imagePullPolicy;
  t.equal(policy("web"), "Always");
  t.equal(policy("localhost:5000/web"), "Always");
  t.equal(policy("web:latest"), "Always");
  t.equal(policy("localhost:5000/web:1"), "IfNotPresent");
  t.equal(policy(`web@sha256:${"0".repeat(64)}`), "IfNotPresent");
});

t.test("a good pod has no errors", async (t) => {
  const spec = {
    volumes: [
      { name: "a", emptyDir: {} },
      { name: "b", hostPath: { path: "/srv" } },
    ],
    nodeSelector: { "kubernetes.io/hostname": "node-1" },
    tolerations: [{ operator: "Exists" }, { key: "a", effect: "NoExecute", tolerationSeconds: 5 }],
  };
  const container = {
    ports: [{ containerPort: 80, name: "http" }],
    env: [
      { name: "A", value: "1" },
      { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
    ],
    volumeMounts: [
      { name: "a", mountPath: "/a" },
      { name: "b", mountPath: "/b", readOnly: true },
    ],
    livenessProbe: { httpGet: { port: "http" } },
    readinessProbe: { exec: { command: ["true"] }, successThreshold: 2 },
    startupProbe: { tcpSocket: { port: 80 } },
    securityContext: { runAsUser: 1000, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } },
  };
  t.same(errorsOf(spec, container), []);
});

t.test("each rule, in Kubernetes' words", async (t) => {
  const path = "spec.containers[0]";
  t.same(errorsOf({ containers: [] }), ["spec.containers: Required value"]);
  t.same(errorsOf({}, { image: "" }), [`${path}.image: Required value`]);
  t.same(
    errorsOf({
      containers: [
        { name: "a", image: "a:1" },
        { name: "a", image: "b:1" },
      ],
    }),
    ['spec.containers[1].name: Duplicate value: "a"'],
  );
  t.match(errorsOf({}, { name: "Web_1" }), [
    /^spec\.containers\[0\]\.name: Invalid value: "Web_1": a lowercase RFC 1123 label must/,
  ]);
  t.same(errorsOf({}, { volumeMounts: [{ name: "x", mountPath: "/x" }] }), [
    `${path}.volumeMounts[0].name: Not found: "x"`,
  ]);
  t.same(errorsOf({}, { resources: { limits: { cpu: "1" }, requests: { cpu: "2" } } }), [
    `${path}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
  ]);
  t.same(errorsOf({}, { resources: { limits: { memory: "-1" } } }), [
    `${path}.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`,
    `${path}.resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0`,
  ]);
  t.same(
    errorsOf({}, { env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "spec.x" } } }] }).length,
    2,
  );
  t.same(errorsOf({}, { env: [{ name: "A", valueFrom: {} }] }), [
    `${path}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\``,
  ]);
  t.same(errorsOf({}, { livenessProbe: {} }), [`${path}.livenessProbe: Required value: must specify a handler type`]);
  t.same(errorsOf({}, { livenessProbe: { exec: { command: ["a"] }, tcpSocket: { port: 1 }, successThreshold: 2 } }), [
    `${path}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`,
    `${path}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
  ]);
  t.same(errorsOf({}, { startupProbe: { tcpSocket: { port: 70000 } } }), [
    `${path}.startupProbe.tcpSocket.port: Invalid value: 70000: must be between 1 and 65535, inclusive`,
  ]);
  t.same(errorsOf({ volumes: [{ name: "a", emptyDir: {}, hostPath: { path: "/a/../b" } }] }), [
    "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
    "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
  ]);
  t.same(errorsOf({ tolerations: [{ value: "x" }, { key: "a", operator: "Exists", value: "x" }] }).length, 2);
  t.same(errorsOf({}, { ports: [{ containerPort: 0 }] }), [
    `${path}.ports[0].containerPort: Invalid value: 0: must be greater than or equal to 1`,
  ]);
});

t.test("values and files from elsewhere", async (t) => {
  const container = {
    env: [
      { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "a" } } },
      { name: "B", valueFrom: { secretKeyRef: { name: "keys", key: "b", optional: true } } },
      { name: "C", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
    ],
    envFrom: [{ prefix: "P_", configMapRef: { name: "more" } }, { secretRef: { name: "hidden" } }],
    volumeMounts: [{ name: "all", mountPath: "/all" }],
  };
  const volumes = [
    { name: "files", configMap: { name: "files", items: [{ key: "a", path: "sub/a", mode: 0o600 }] } },
    { name: "secret", secret: { secretName: "tls" } },
    { name: "pod", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
    { name: "all", projected: { sources: [{ configMap: { name: "files" } }, { secret: { name: "token" } }] } },
  ];
  t.same(errorsOf({ volumes }, container), []);
  const { spec } = read({ volumes }, container);
  t.same(spec.volumes?.[0]?.configMap?.defaultMode, 0o644);
  t.equal(spec.volumes?.[0]?.emptyDir, undefined);
  const { configMaps, secrets } = podReferences(spec);
  t.same([...configMaps], ["settings", "more", "files"]);
  t.same([...secrets], ["keys", "hidden", "tls", "token"]);

  const volume = (fields: object): string[] => errorsOf({ volumes: [{ name: "v", ...fields }] });
  const here = "spec.volumes[0]";
  const climbing = volume({ configMap: { name: "a", items: [{ key: "a", path: "../b" }] } });
  t.same(climbing, [`${here}.configMap.items[0].path: Invalid value: "../b": must not contain '..'`]);
  const absolute = volume({ secret: { secretName: "a", items: [{ key: "a", path: "/b" }] } });
  t.same(absolute, [`${here}.secret.items[0].path: Invalid value: "/b": must be a relative path`]);
  const own = volume({ downwardAPI: { items: [{ path: "..data", fieldRef: { fieldPath: "metadata.name" } }] } });
  t.same(own, [`${here}.downwardAPI.items[0].path: Invalid value: "..data": must not start with '..'`]);
  t.same(volume({ configMap: {}, emptyDir: {} }), [
    `${here}.configMap: Forbidden: may not specify more than 1 volume type`,
    `${here}.configMap.name: Required value`,
  ]);
  const noSource = volume({ projected: { sources: [{}] } });
  t.same(noSource, [
    `${here}.projected.sources[0]: Required value: a source is needed: configMap, secret or downwardAPI`,
  ]);
  const two = { configMapKeyRef: { name: "a", key: "a" }, secretKeyRef: { name: "a", key: "" } };
  const env = "spec.containers[0].env[0].valueFrom";
  t.same(errorsOf({}, { env: [{ name: "A", valueFrom: two }] }), [
    `${env}: Invalid value: "": may not have more than one field specified at a time`,
    `${env}.secretKeyRef.key: Required value`,
  ]);
  const unknown = { resourceFieldRef: { resource: "limits.gpu" } };
  t.match(errorsOf({}, { env: [{ name: "A", valueFrom: unknown }] }), [
    /resourceFieldRef\.resource: Unsupported value: "limits\.gpu"/,
  ]);
});

t.test("init containers", async (t) => {
  const init = { name: "prepare", image: "a:1" };
  t.same(errorsOf({ initContainers: [init] }), []);
  t.same(errorsOf({ initContainers: [{ ...init, name: "web" }] }), ['spec.containers[0].name: Duplicate value: "web"']);
  const probed = { ...init, readinessProbe: { tcpSocket: { port: 1 } } };
  t.same(errorsOf({ initContainers: [probed] }), [
    "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
  ]);
  t.same(errorsOf({ initContainers: [{ ...probed, restartPolicy: "Always" }] }), []);
  t.same(errorsOf({}, { restartPolicy: "Always" }), [
    "spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers",
  ]);
});

t.test("lifecycle hooks do one thing each", async (t) => {
  const path = "spec.containers[0].lifecycle";
  const hooks = (lifecycle: object): string[] => errorsOf({}, { lifecycle });
  t.same(hooks({ postStart: { exec: { command: ["true"] } }, preStop: { sleep: { seconds: 1 } } }), []);
  t.same(hooks({ preStop: {} }), [`${path}.preStop: Required value: must specify a handler type`]);
  t.same(hooks({ preStop: { exec: {}, sleep: { seconds: 1 } } }), [
    `${path}.preStop.sleep: Forbidden: may not specify more than 1 handler type`,
    `${path}.preStop.exec.command: Required value`,
  ]);
  t.same(hooks({ postStart: { httpGet: { port: 0 } } }), [
    `${path}.postStart.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
  ]);
});

t.test("little of a pod can change", async (t) => {
  const old = read({ tolerations: [{ key: "a", operator: "Exists" }] });
  const table: [Partial<PodSpec>, number][] = [
    [{}, 0],
    [{ containers: old.spec.containers.map((container) => ({ ...container, image: "web:2" })) }, 0],
    [{ terminationGracePeriodSeconds: 5 }, 0],
    [{ tolerations: [...(old.spec.tolerations ?? []), { key: "b", operator: "Exists" }] }, 0],
    // This is what binding does.
    [{ nodeName: "node-1" }, 0],
    [{ restartPolicy: "Never" }, 1],
    [{ terminationGracePeriodSeconds: 60 }, 1],
    [{ tolerations: [] }, 1],
    [{ containers: [...old.spec.containers, { name: "b", image: "b:1" }] }, 1],
  ];
  for (const [change, count] of table) {
    const pod = { ...old, spec: { ...old.spec, ...change } };
    t.equal(validateObject(Pod, pod, old).length, count, JSON.stringify(change));
  }
  const bound = { ...old, spec: { ...old.spec, nodeName: "node-1" } };
  t.equal(validateObject(Pod, { ...old, spec: { ...old.spec, nodeName: "node-2" } }, bound).length, 1);
});

t.test("the one word of STATUS", async (t) => {
  const container = (state: ContainerStatus["state"], ready = false): ContainerStatus => ({
    name: "web",
    image: "web:1",
    imageID: "",
    restartCount: 0,
    ready,
    ...(state ? { state } : {}),
  });
  const word = (status: PodStatus, deleted = false): string => {
    const pod = read();
    if (deleted) pod.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    return podStatusWord({ ...pod, status });
  };
  const running = container({ running: { startedAt: "2026-01-01T00:00:00Z" } }, true);
  const done = container({ terminated: { exitCode: 0, reason: "Completed" } });
  t.equal(word({ phase: "Pending" }), "Pending");
  t.equal(
    word({ phase: "Pending", containerStatuses: [container({ waiting: { reason: "ContainerCreating" } })] }),
    "ContainerCreating",
  );
  t.equal(word({ phase: "Running", containerStatuses: [running] }), "Running");
  t.equal(
    word({ phase: "Running", containerStatuses: [container({ waiting: { reason: "CrashLoopBackOff" } }), running] }),
    "CrashLoopBackOff",
  );
  t.equal(word({ phase: "Succeeded", containerStatuses: [done] }), "Completed");
  t.equal(
    word({ phase: "Running", conditions: [{ type: "Ready", status: "True" }], containerStatuses: [done, running] }),
    "Running",
  );
  t.equal(word({ phase: "Running", containerStatuses: [done, running] }), "NotReady");
  t.equal(word({ phase: "Failed", containerStatuses: [container({ terminated: { exitCode: 3 } })] }), "ExitCode:3");
  t.equal(
    word({ phase: "Failed", containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })] }),
    "Signal:9",
  );
  t.equal(word({ phase: "Failed", reason: "Evicted" }), "Evicted");
  t.equal(word({ phase: "Running", containerStatuses: [running] }, true), "Terminating");
  t.equal(word({ phase: "Running", reason: "NodeLost" }, true), "Unknown");
  t.equal(word({ phase: "Succeeded", containerStatuses: [done] }, true), "Completed");
});
