import { existsSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { hasCode } from "@drydock/kit";
import { ConfigMap, Event, Lease, Node, Pod, podStatusWord, Secret } from "@drydock/machinery";
import t from "tap";
import { AgentCluster, image } from "./agent-cluster.ts";
import type { RuntimeSubject } from "./runtime-subject.ts";

/** The agent on real etcd, API server, kernel and containers: the same whatever runs them. */
export async function agentSuite(subject: RuntimeSubject): Promise<void> {
  t.setTimeout(480_000);
  const cluster = await AgentCluster.start(subject);
  t.teardown(() => cluster.close());
  const { client } = cluster;

  const runs = (pod: Pod) => pod.status?.containerStatuses?.[0];
  const isRunning = (pod: Pod): boolean => runs(pod)?.state?.running !== undefined;
  const isReady = (pod: Pod): boolean =>
    pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  const remove = (name: string, options = {}) => client.delete(Pod, { namespace: "default", name }, options);
  const main = { name: "main", image };
  /** Stops at once on SIGTERM, unlike a plain `sleep`, which as pid 1 has no handler. */
  const sleeper = { ...main, command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"] };

  t.comment(`agent ready after ${Math.round(await cluster.startAgent())} ms`);

  await t.test("the node registers, with a heartbeat", async (t) => {
    const node = await client.get(Node, { name: "node-1" });
    t.match(node.status?.conditions, [{ type: "Ready", status: "True" }]);
    t.equal(node.status?.daemonEndpoints?.kubeletEndpoint?.Port, cluster.agentPort);
    t.equal(node.spec?.podCIDR, cluster.podCidr);
    t.match(node.status?.images?.[0]?.names, [image]);
    const lease = await until(() => client.get(Lease, { namespace: "kube-node-lease", name: "node-1" }));
    t.equal(lease.spec?.holderIdentity, "node-1");
    await client.delete(Node, { name: "node-1" });
    const again = await until(() => client.get(Node, { name: "node-1" }), 5_000);
    t.not(again.metadata.uid, node.metadata.uid, "a deleted Node is registered again");
  });

  await t.test("a web server runs, is ready at once, and is reached", async (t) => {
    const begin = performance.now();
    await cluster.createPod("web", {
      containers: [
        {
          ...main,
          readinessProbe: { httpGet: { port: 8080 } },
          env: [{ name: "ME", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
        },
      ],
    });
    const pod = await cluster.waitForPod("web", isReady);
    t.comment(`created to ready: ${Math.round(performance.now() - begin)} ms`);
    t.match(pod.status, { phase: "Running", qosClass: "BestEffort", hostIP: "127.0.0.1" });
    const page = await (await fetch(`http://${pod.status?.podIP}:8080/`)).text();
    t.match(page, "Hello from");
    const inside = await cluster.exec("web", [
      "sh",
      "-c",
      "hostname; cat /etc/hostname; grep web /etc/hosts; echo $ME; ps | wc -l",
    ]);
    const ip = pod.status?.podIP;
    t.match(inside.stdout.split("\n").slice(0, 4), ["web", "web", `${ip}\tweb`, ip]);
    t.match(inside.status, { status: "Success" });
    const reasons = await until(async () => {
      const seen = await cluster.events("web");
      return seen.includes("Started") ? seen : undefined;
    });
    t.same(reasons.sort(), ["Created", "Pulled", "Started"]);
  });

  await t.test("exec: exit codes, streams, stdin, terminal, refusals", async (t) => {
    const failing = await cluster.exec("web", ["sh", "-c", "echo out; echo err >&2; exit 7"]);
    t.match(failing, { stdout: "out\n", stderr: "err\n" });
    t.match(failing.status, {
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "7" }] },
    });
    const big = "0123456789abcdef".repeat(16 * 1024);
    const echoed = await cluster.exec("web", ["cat"], { stdin: big });
    t.equal(echoed.stdout.length, big.length, "stdin to its end and back");
    const terminal = await cluster.exec("web", ["sh", "-c", "test -t 0 && echo terminal"], { tty: true });
    t.match(terminal.stdout, /terminal\r\n/);
    const missing = await cluster.exec("web", ["/no/such/program"]);
    t.match(missing.status, { status: "Failure" });
    const refused = await agentStatus(cluster, "/containerLogs/default/web/main", "admin");
    t.equal(refused.status, 403, "a user's certificate does not open the agent");
    await t.rejects(agentStatus(cluster, "/pods", undefined), "nor does none at all");
    const own = await agentStatus(cluster, "/pods", "apiserver-client");
    t.equal(own.status, 200);
  });

  await t.test("logs: all of them, their end, following, since, previous runs", async (t) => {
    const script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo oops >&2; printf end; exit 4";
    await cluster.createPod("logger", {
      restartPolicy: "Never",
      containers: [{ ...main, command: ["sh", "-c", script] }],
    });
    await cluster.waitForPod("logger", (pod) => pod.status?.phase === "Failed");
    const lines = (await cluster.logs("logger")).split("\n");
    const numbers = lines.filter((line) => line.startsWith("line ")).map((line) => Number(line.slice(5)));
    t.ok(numbers.length > 500, "what rotation kept");
    t.same(
      numbers,
      Array.from({ length: numbers.length }, (_, index) => 2000 - numbers.length + index),
      "without a gap",
    );
    t.ok(lines.includes("end") && lines.includes("oops"), "the last words of both streams");
    t.match(await cluster.logs("logger", "tailLines=1&timestamps=true"), /^\d{4}-.*Z (end|oops|line)/);
    await cluster.createPod("talker", {
      containers: [{ ...main, command: ["sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.05; done; exit 1"] }],
    });
    await cluster.waitForPod("talker", (pod) => isRunning(pod));
    t.equal(await cluster.logs("talker", "follow=true"), "1\n2\n3\n4\n5\n", "following ends with the container");
    await cluster.waitForPod("talker", (pod) => (runs(pod)?.restartCount ?? 0) >= 1 && isRunning(pod));
    t.equal(await cluster.logs("talker", "previous=true"), "1\n2\n3\n4\n5\n");
    await t.rejects(cluster.logs("talker", "container=nobody"), /nobody/);
    await Promise.all([remove("logger"), remove("talker")]);
    await Promise.all([cluster.waitGone("logger"), cluster.waitGone("talker")]);
  });

  await t.test("ends and restarts, with Kubernetes' words", async (t) => {
    await Promise.all([
      cluster.createPod("done", { restartPolicy: "OnFailure", containers: [{ ...main, command: ["true"] }] }),
      cluster.createPod("crash", {
        containers: [{ ...main, command: ["sh", "-c", "echo last words > /dev/termination-log; exit 3"] }],
      }),
      cluster.createPod("nocmd", { containers: [{ ...main, command: ["/no/such/program"] }] }),
      cluster.createPod("nouser", { containers: [{ ...main, workingDir: "/etc/passwd" }] }),
      cluster.createPod("never", { containers: [{ ...main, image: "example.test/none:1", imagePullPolicy: "Never" }] }),
      cluster.createPod("nopull", { containers: [{ ...main, image: "127.0.0.1:9/none:1" }] }),
    ]);
    const done = await cluster.waitForPod("done", (pod) => pod.status?.phase === "Succeeded");
    t.match(runs(done), { state: { terminated: { exitCode: 0, reason: "Completed" } }, restartCount: 0 });
    const crash = await cluster.waitForPod("crash", (pod) => runs(pod)?.state?.waiting?.reason === "CrashLoopBackOff");
    t.match(runs(crash), { lastState: { terminated: { exitCode: 3, reason: "Error", message: "last words\n" } } });
    t.ok((runs(crash)?.restartCount ?? 0) >= 1, "the first restart came at once");
    t.equal(crash.status?.phase, "Running");
    const nocmd = await cluster.waitForPod("nocmd", (pod) => runs(pod)?.state?.waiting?.reason === "CrashLoopBackOff");
    t.match(runs(nocmd)?.lastState?.terminated, {
      reason: "ContainerCannotRun",
      exitCode: 127,
      message: /no such file/,
    });
    const nouser = await cluster.waitForPod(
      "nouser",
      (pod) => runs(pod)?.state?.waiting?.reason === "CrashLoopBackOff",
    );
    t.match(runs(nouser)?.lastState?.terminated, { reason: "StartError", exitCode: 128 });
    await cluster.waitForPod("never", (pod) => runs(pod)?.state?.waiting?.reason === "ErrImageNeverPull");
    const pull = await cluster.waitForPod("nopull", (pod) => runs(pod)?.state?.waiting?.reason === "ErrImagePull");
    t.match(runs(pull)?.state?.waiting?.message, /failed to pull image "127.0.0.1:9\/none:1"/);
    await cluster.waitForPod("nopull", (pod) => runs(pod)?.state?.waiting?.reason === "ImagePullBackOff");
    const reasons = new Set(await cluster.events("nopull"));
    t.ok(reasons.has("Pulling") && reasons.has("Failed") && reasons.has("BackOff"));
    const names = ["done", "crash", "nocmd", "nouser", "never", "nopull"];
    await Promise.all(names.map((name) => remove(name)));
    await Promise.all(names.map((name) => cluster.waitGone(name)));
  });

  await t.test("containers of a pod share network, name and volumes; a failing probe restarts", async (t) => {
    await cluster.createPod("pair", {
      volumes: [{ name: "shared", emptyDir: { medium: "Memory" } }],
      containers: [
        { ...main, name: "server", volumeMounts: [{ name: "shared", mountPath: "/www" }] },
        {
          ...sleeper,
          name: "client",
          volumeMounts: [{ name: "shared", mountPath: "/data" }],
          livenessProbe: {
            exec: { command: ["test", "!", "-e", "/data/sick"] },
            periodSeconds: 1,
            failureThreshold: 1,
          },
        },
      ],
    });
    await cluster.waitForPod("pair", isReady);
    const client = { container: "client" };
    const page = await cluster.exec(
      "pair",
      ["sh", "-c", "echo hi > /data/page; hostname; wget -qO- http://127.0.0.1:8080/page"],
      client,
    );
    t.equal(page.stdout, "pair\nhi\n");
    await cluster.exec("pair", ["touch", "/data/sick"], client);
    const sick = await cluster.waitForPod("pair", (pod) => (statusOf(pod, "client")?.restartCount ?? 0) > 0);
    t.equal(statusOf(sick, "server")?.restartCount, 0, "the other container is left alone");
    const reasons = await cluster.events("pair");
    t.ok(reasons.includes("Unhealthy") && reasons.includes("Killing"));
    await remove("pair");
    await cluster.waitGone("pair");
  });

  await t.test("without an API server the node goes on, and tells it all later", async (t) => {
    await cluster.createPod("lonely", { containers: [sleeper] });
    const lonely = await cluster.waitForPod("lonely", isRunning);
    await cluster.withoutApiServer(async () => {
      const [, pid] = [...(await subject.pids())].find(([id]) => id.startsWith(lonely.metadata.uid ?? "")) ?? [];
      process.kill(pid ?? -1, "SIGKILL");
      await until(
        async () =>
          [...(await subject.pids()).keys()].some((id) => id === `${lonely.metadata.uid}.main.1`) || undefined,
      );
    });
    const after = await cluster.waitForPod("lonely", (pod) => isReady(pod) && runs(pod)?.restartCount === 1);
    t.match(runs(after), { lastState: { terminated: { exitCode: 137 } } });
    await remove("lonely");
    await cluster.waitGone("lonely");
  });

  await t.test("init containers run one after the other, a sidecar beside what follows", async (t) => {
    const shell = (name: string, script: string) => ({ ...main, name, command: ["sh", "-c", script], volumeMounts });
    const volumeMounts = [{ name: "work", mountPath: "/work" }];
    const untilTold = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
    await cluster.createPod("staged", {
      volumes: [{ name: "work", emptyDir: {} }],
      initContainers: [
        shell("first", "echo first >>/work/order"),
        { ...shell("proxy", `echo proxy >>/work/order; ${untilTold}`), restartPolicy: "Always" },
        shell("second", "while ! grep -q proxy /work/order; do sleep 0.05; done; echo second >>/work/order"),
      ],
      containers: [shell("main", "cat /work/order; while [ ! -e /work/done ]; do sleep 0.05; done")],
      restartPolicy: "Never",
    });
    const pod = await cluster.waitForPod("staged", isReady);
    t.match(pod.status?.initContainerStatuses, [
      { name: "first", ready: true, state: { terminated: { exitCode: 0, reason: "Completed" } } },
      { name: "proxy", ready: true, started: true, state: { running: {} } },
      { name: "second", ready: true, state: { terminated: { exitCode: 0 } } },
    ]);
    const log = await until(async () => (await cluster.logs("staged", "container=main")) || undefined);
    t.equal(log, "first\nproxy\nsecond\n");
    await cluster.exec("staged", ["touch", "/work/done"], { container: "proxy" });
    const over = await cluster.waitForPod("staged", ({ status }) => status?.phase === "Succeeded");
    t.match(
      over.status?.initContainerStatuses?.[1]?.state,
      { terminated: {} },
      "the sidecar ended after its pod's work",
    );
    await remove("staged");
    await cluster.waitGone("staged");
  });

  await t.test("an init container that fails is said to be why a pod does not start", async (t) => {
    const failing = { ...main, name: "prepare", command: ["sh", "-c", "echo nothing there; exit 3"] };
    await cluster.createPod("unprepared", { initContainers: [failing], containers: [sleeper] });
    const pod = await cluster.waitForPod("unprepared", ({ status }) =>
      Boolean(status?.initContainerStatuses?.[0]?.lastState?.terminated),
    );
    t.match(pod.status, { phase: "Pending", initContainerStatuses: [{ lastState: { terminated: { exitCode: 3 } } }] });
    t.match(podStatusWord(pod), /^Init:/);
    t.match(pod.status?.containerStatuses?.[0]?.state, { waiting: { reason: "PodInitializing" } });
    await remove("unprepared");
    await cluster.waitGone("unprepared");
  });

  await t.test("variables and files from ConfigMaps and Secrets; the files follow changes", async (t) => {
    const named = (name: string) => ({ name, namespace: "default" });
    const print = "echo $GREETING $TOKEN; cat /config/page; stat -f -c %T /secret; touch /config/x 2>&1";
    await cluster.createPod("configured", {
      volumes: [
        { name: "config", configMap: { name: "settings" } },
        { name: "secret", secret: { secretName: "keys", defaultMode: 0o400 } },
        { name: "me", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
      ],
      containers: [
        {
          ...sleeper,
          command: ["sh", "-c", `${print}; ${sleeper.command[2]}`],
          envFrom: [{ configMapRef: { name: "settings" } }],
          env: [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: "keys", key: "token" } } }],
          volumeMounts: ["config", "secret", "me"].map((name) => ({ name, mountPath: `/${name}` })),
        },
      ],
    });
    const waiting = await cluster.waitForPod("configured", (pod) => Boolean(runs(pod)?.state?.waiting?.message));
    t.match(runs(waiting)?.state?.waiting?.message, /configmap "settings" not found/);
    const data = { GREETING: "hello", page: "one\n" };
    await client.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: named("keys"),
      data: { token: btoa("t0k") },
    });
    await client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: named("settings"), data });
    await cluster.waitForPod("configured", isReady);
    const log = await until(async () => /file system/.exec(await cluster.logs("configured"))?.input);
    t.equal(log, "hello t0k\none\ntmpfs\ntouch: /config/x: Read-only file system\n");

    await client.patch(ConfigMap, named("settings"), "merge", { data: { page: "two\n" } });
    const seen = (path: string) => cluster.exec("configured", ["cat", path]).then(({ stdout }) => stdout);
    t.equal(await until(async () => (/two/.test(await seen("/config/page")) ? "two" : undefined)), "two");
    await client.patch(Pod, named("configured"), "merge", { metadata: { labels: { colour: "blue" } } });
    t.match(await until(async () => /.*blue.*/.exec(await seen("/me/labels"))?.[0]), /colour="blue"/);
    await client.delete(Secret, named("keys"));
    t.equal(await seen("/secret/token"), "t0k", "what is deleted stays with the containers that have it");
    await remove("configured");
    await cluster.waitGone("configured");
    await client.delete(ConfigMap, named("settings"));
  });

  await t.test("hooks run after the start and before the end, users and groups are the pod's", async (t) => {
    const volumeMounts = [{ name: "work", mountPath: "/work" }];
    const script =
      "id; grep -E 'NoNewPrivs|Seccomp:' /proc/self/status; trap 'cat /work/before; exit 0' TERM; while :; do sleep 0.1; done";
    await cluster.createPod("hooked", {
      volumes: [{ name: "work", emptyDir: {} }],
      securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000, runAsNonRoot: true },
      containers: [
        {
          ...main,
          volumeMounts,
          command: ["sh", "-c", script],
          securityContext: { allowPrivilegeEscalation: false, seccompProfile: { type: "RuntimeDefault" } },
          lifecycle: {
            postStart: { exec: { command: ["sh", "-c", "echo after >/work/after"] } },
            preStop: { exec: { command: ["sh", "-c", "echo before >/work/before"] } },
          },
        },
      ],
    });
    const pod = await cluster.waitForPod("hooked", isReady);
    t.equal(runs(pod)?.containerID?.split("://")[0], subject.runtimeName);
    const read = (command: string) => cluster.exec("hooked", ["sh", "-c", command]).then(({ stdout }) => stdout);
    t.equal(await until(async () => (await read("cat /work/after 2>/dev/null")) || undefined), "after\n");
    t.equal(await read("stat -c %g /work/after"), "2000\n", "what is made in a volume is the group's");
    const log = await until(async () => /Seccomp.*/.exec(await cluster.logs("hooked"))?.input);
    t.match(log, /uid=1000 gid=1000 groups=(1000,)?2000\nNoNewPrivs:\t1\nSeccomp:\t2/);
    const following = cluster.logs("hooked", "follow=true");
    await remove("hooked");
    t.match(await following, /\nbefore\n$/, "the preStop hook came before the signal");
    await cluster.waitGone("hooked");
  });

  await t.test("a postStart hook that fails ends its container; who must not be root is not started", async (t) => {
    await cluster.createPod("refused", {
      containers: [{ ...main, command: ["sleep", "60"], securityContext: { runAsNonRoot: true } }],
    });
    const refused = await cluster.waitForPod("refused", (pod) => Boolean(runs(pod)?.state?.waiting?.message));
    t.match(runs(refused)?.state?.waiting, { reason: "CreateContainerConfigError", message: /image will run as root/ });
    const lifecycle = { postStart: { exec: { command: ["sh", "-c", "echo not today; exit 1"] } } };
    await cluster.createPod("unwelcome", { containers: [{ ...sleeper, lifecycle }] });
    await cluster.waitForPod("unwelcome", (one) => (runs(one)?.restartCount ?? 0) > 0);
    const { items } = await client.list(Event, { namespace: "default" });
    const failed = items.find(({ reason }) => reason === "FailedPostStartHook");
    t.match(failed, { message: "PostStartHook failed: not today", involvedObject: { name: "unwelcome" } });
    for (const name of ["refused", "unwelcome"]) await remove(name);
    for (const name of ["refused", "unwelcome"]) await cluster.waitGone(name);
  });

  await t.test("kill -9 of the agent: nothing stops, nothing starts twice, nothing is lost", async (t) => {
    const counter = "i=0; trap 'exit 0' TERM; while :; do echo tick $i; i=$((i+1)); sleep 0.02; done";
    await Promise.all([
      cluster.createPod("counter", {
        containers: [{ ...main, command: ["sh", "-c", counter], readinessProbe: { exec: { command: ["true"] } } }],
      }),
      cluster.createPod("dies", { containers: [{ ...sleeper, name: "dies" }] }),
      cluster.createPod("removed", { containers: [{ ...sleeper, name: "removed" }] }),
    ]);
    const before = await cluster.waitForPod("counter", isReady);
    await cluster.waitForPod("dies", isRunning);
    await cluster.waitForPod("removed", isRunning);
    const pids = await subject.pids();
    await cluster.endAgent("SIGKILL");
    t.same(await subject.pids(), pids, "all containers go on");
    const died = [...pids].find(([id]) => id.includes(".dies."));
    process.kill(died?.[1] ?? -1, "SIGKILL");
    await remove("removed", { gracePeriodSeconds: 0 });
    await new Promise((resolve) => setTimeout(resolve, 300));

    const begin = performance.now();
    await cluster.startAgent();
    const restarted = await cluster.waitForPod("dies", (pod) => isRunning(pod) && runs(pod)?.restartCount === 1);
    t.match(runs(restarted), { lastState: { terminated: { exitCode: 137 } } });
    await until(async () => ((await subject.pids()).size === pids.size - 1 ? true : undefined));
    t.comment(`right again after ${Math.round(performance.now() - begin)} ms`);
    const after = await cluster.waitForPod("counter", isReady);
    t.same(runs(after)?.containerID, runs(before)?.containerID);
    t.same(conditionTimes(after), conditionTimes(before), "it never flickered");
    const now = await subject.pids();
    for (const id of now.keys())
      if (id.includes(".main.")) t.equal(now.get(id), pids.get(id), `${id} is the same process`);
    const ticks = (await cluster.logs("counter")).match(/tick \d+/g)?.map((tick) => Number(tick.slice(5))) ?? [];
    t.same(
      ticks,
      Array.from({ length: ticks.length }, (_, index) => index),
      "no line is missing",
    );
    const page = await fetch(
      `http://${(await client.get(Pod, { namespace: "default", name: "web" })).status?.podIP}:8080/`,
    );
    t.equal(page.status, 200);
  });

  await t.test("agents that are killed at many moments start nothing twice", async (t) => {
    const names = Array.from({ length: 6 }, (_, index) => `storm-${index}`);
    await cluster.endAgent("SIGKILL");
    for (const name of names) await cluster.createPod(name, { containers: [{ ...sleeper, name }] });
    // It boots in some 300 ms; what follows are the moments in which sandboxes and containers are made.
    for (let lifeMs = 200; lifeMs < 700; lifeMs += 40) {
      await cluster.spawnAgent();
      await new Promise((resolve) => setTimeout(resolve, lifeMs));
      await cluster.endAgent("SIGKILL");
    }
    await cluster.startAgent();
    for (const name of names) {
      const pod = await cluster.waitForPod(name, isRunning);
      t.equal(runs(pod)?.restartCount, 0, `${name} was started once`);
    }
    t.equal(await subject.shims("storm-"), names.length);
    await Promise.all(names.map((name) => remove(name)));
    await Promise.all(names.map((name) => cluster.waitGone(name)));
  });

  await t.test("a graceful end touches nothing, a drain leaves nothing", async (t) => {
    const pids = await subject.pids();
    t.ok(pids.size > 0);
    await cluster.endAgent("SIGTERM");
    t.same(await subject.pids(), pids);
    await cluster.startAgent();
    await cluster.endAgent("SIGINT");
    t.equal((await subject.pids()).size, 0);
    t.notMatch(readFileSync("/proc/self/mountinfo", "utf8"), cluster.directory, "no mount is left");
    // The kernel removes an interface a moment after its namespace.
    await until(
      async () => readdirSync("/sys/class/net").every((name) => !isOnBridge(name, cluster.bridge)) || undefined,
    );
    t.same(await subject.takenAddresses(), [], "no address is taken");
  });
}

function statusOf(pod: Pod, container: string) {
  return pod.status?.containerStatuses?.find(({ name }) => name === container);
}

function conditionTimes(pod: Pod): string[] {
  return (pod.status?.conditions ?? []).map(
    ({ type, status, lastTransitionTime }) => `${type} ${status} ${lastTransitionTime}`,
  );
}

function isOnBridge(name: string, bridge: string): boolean {
  return existsSync(`/sys/class/net/${bridge}/brif/${name}`);
}

async function until<T>(look: () => Promise<T | undefined>, timeoutMs = 5_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look().catch((error: unknown) => {
      if (hasCode(error, "API_NOT_FOUND") && Date.now() < deadline) return undefined;
      throw error;
    });
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A request straight to the agent, with one of the control plane's identities or none. */
function agentStatus(
  cluster: AgentCluster,
  path: string,
  identity: "admin" | "apiserver-client" | undefined,
): Promise<{ status: number }> {
  const { ca, certificates } = cluster.pki;
  const client = identity && { cert: certificates[identity].cert, key: certificates[identity].key };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: cluster.agentPort, path, ca: ca.cert, agent: false, ...client }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    })
      .once("error", reject)
      .end();
  });
}
