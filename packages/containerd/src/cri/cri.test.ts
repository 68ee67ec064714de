/** The CRI client against a real containerd with its CRI plugin, runc, and CNI plugins. */
import { readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "@drydock/kit";
import t from "tap";
import { takenAddressesDirectory } from "../managed/local-cri-plugin.ts";
import { ContainerdFixture, imageName } from "../testing/containerd-fixture.ts";
import { addSandboxImage, criPluginIn, whyNoCri } from "../testing/cri-plugin.ts";
import type { ContainerConfig } from "./api/container-config.ts";
import type { PodSandboxConfig } from "./api/sandbox-config.ts";
import { connectCri } from "./connect-cri.ts";

const why = whyNoCri();
if (why) {
  t.plan(0, why);
  process.exit(0);
}

const fixture = await ContainerdFixture.start(t, criPluginIn);
const cri = await connectCri({ socket: fixture.daemon.socket });
t.teardown(() => cri.close());
const client = await fixture.connect("k8s.io");
t.teardown(() => client.close());
await fixture.addImage(client);
await addSandboxImage(client, fixture.directory);
const { runtime, images } = cri;
const logs = join(fixture.directory, "logs");
const cgroup = `/drydock-test-${process.pid}`;

const sandboxConfig: PodSandboxConfig = {
  metadata: { name: "pod", uid: `uid-${process.pid}`, namespace: "default", attempt: 0 },
  hostname: "inside",
  logDirectory: logs,
  dnsConfig: { servers: ["192.0.2.53"], searches: ["example.test"], options: ["ndots:2"] },
  labels: { app: "test" },
  annotations: { note: "kept" },
  linux: { cgroupParent: cgroup, securityContext: { namespaceOptions: { pid: "CONTAINER" } } },
};

const container = (name: string, script: string, more: Partial<ContainerConfig> = {}): ContainerConfig => ({
  metadata: { name, attempt: 0 },
  image: { image: imageName },
  command: ["sh", "-c", script],
  envs: [{ key: "GREETING", value: Buffer.from("hello") }],
  labels: { app: "test", name },
  logPath: `${name}.log`,
  ...more,
});

let sandbox = "";

async function run(config: ContainerConfig): Promise<string> {
  const { containerId } = await runtime.createContainer({ podSandboxId: sandbox, config, sandboxConfig });
  await runtime.startContainer({ containerId });
  return containerId;
}

async function statusOf(containerId: string) {
  const { status } = await runtime.containerStatus({ containerId });
  if (!status) throw new Error("no status");
  return status;
}

const ended = (containerId: string) =>
  until(async () => {
    const status = await statusOf(containerId);
    return status.state === "CONTAINER_EXITED" ? status : undefined;
  });

t.test("version, status, and the network that waits for a range", async (t) => {
  t.match(cri.version, { runtimeName: "containerd", runtimeApiVersion: "v1" });
  const networkReady = async () =>
    (await runtime.status({})).status?.conditions.find(({ type }) => type === "NetworkReady")?.status;
  t.match((await runtime.status({ verbose: true })).status?.conditions, [{ type: "RuntimeReady", status: true }]);
  t.equal(await networkReady(), false);
  const podCidr = `10.${200 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`;
  await runtime.updateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr } } });
  t.equal(await until(networkReady), true, "the template became a configuration");
});

t.test("images", async (t) => {
  const { image } = await until(async () => {
    const answer = await images.imageStatus({ image: { image: imageName } });
    return answer.image ? answer : undefined;
  });
  t.match(image, { id: /^sha256:/, repoTags: [imageName], size: Number });
  t.same((await images.imageStatus({ image: { image: "example.test/none:1" } })).image, null);
  const listed = await images.listImages({});
  t.ok(listed.images.some(({ id }) => id === image?.id));
  const { imageFilesystems } = await images.imageFsInfo({});
  t.match(imageFilesystems[0]?.fsId?.mountpoint, fixture.directory);
  await t.rejects(images.pullImage({ image: { image: "127.0.0.1:1/none:1" } }), { code: "CONTAINERD_FAILED" });
  await fixture.addImage(client, "example.test/other:1");
  await until(async () => (await images.imageStatus({ image: { image: "example.test/other:1" } })).image ?? undefined);
  await images.removeImage({ image: { image: "example.test/other:1" } });
  t.same((await images.imageStatus({ image: { image: "example.test/other:1" } })).image, null);
  await fixture.addImage(client);
  await until(async () => (await images.imageStatus({ image: { image: imageName } })).image ?? undefined);
});

t.test("a sandbox has an address", async (t) => {
  ({ podSandboxId: sandbox } = await runtime.runPodSandbox({ config: sandboxConfig }));
  const { status } = await runtime.podSandboxStatus({ podSandboxId: sandbox });
  t.match(status, {
    state: "SANDBOX_READY",
    metadata: sandboxConfig.metadata,
    labels: { app: "test" },
    annotations: { note: "kept" },
    network: { ip: /^10\./ },
  });
  t.match((await runtime.listPodSandbox({ filter: { labelSelector: { app: "test" } } })).items, [{ id: sandbox }]);
  t.same((await runtime.listPodSandbox({ filter: { state: { state: "SANDBOX_NOTREADY" } } })).items, []);
  await t.rejects(runtime.podSandboxStatus({ podSandboxId: "none" }), { code: "CONTAINERD_NOT_FOUND" });
});

t.test("a container from its start to its end, with its log", async (t) => {
  const id = await run(container("short", "echo $GREETING from $(hostname); echo oops >&2; exit 5"));
  t.match(await ended(id), { exitCode: 5, reason: "Error", logPath: join(logs, "short.log") });
  const log = await readFile(join(logs, "short.log"), "utf8");
  t.match(log, /^\S+ stdout F hello from inside$/m);
  t.match(log, /^\S+ stderr F oops$/m);
  await runtime.removeContainer({ containerId: id });
  await t.rejects(statusOf(id), { code: "CONTAINERD_NOT_FOUND" });
});

t.test("a command that is not there", async (t) => {
  const config = container("bad", "", { command: ["/no/such/program"] });
  const { containerId } = await runtime.createContainer({ podSandboxId: sandbox, config, sandboxConfig });
  await t.rejects(runtime.startContainer({ containerId }), { message: /no such file/ });
  t.match(await statusOf(containerId), { state: "CONTAINER_EXITED", reason: "StartError", startedAt: 0 });
});

t.test("exec: streams, exit codes, stdin to its end, terminal, refusals", async (t) => {
  const id = await run(container("long", "exec sleep 1000"));
  const sh = (command: string, more = {}) =>
    cri.exec(id, { command: ["sh", "-c", command], stdin: false, tty: false, ...more });
  const failing = await sh("echo out; echo err >&2; exit 7");
  t.same(await Promise.all([text(failing.stdout), text(failing.stderr ?? failing.stdout), failing.exit]), [
    "out\n",
    "err\n",
    { code: 7 },
  ]);
  const big = "0123456789abcdef".repeat(64 * 1024);
  const cat = await sh("cat", { stdin: true });
  cat.stdin.end(big);
  const [echoed, exit] = await Promise.all([text(cat.stdout), cat.exit]);
  t.equal(echoed === big, true, "a megabyte there and back");
  t.same(exit, { code: 0 });
  const flood = await sh("yes 0123456789abcdef | head -c 5000000");
  let bytes = 0;
  for await (const chunk of flood.stdout) {
    bytes += (chunk as Buffer).length;
    if (bytes < 200_000) await sleep(5);
  }
  t.equal(bytes, 5_000_000, "no byte is lost, however slowly one reads");
  const tty = await sh("test -t 0 && echo terminal; read line; stty size; echo got $line", { stdin: true, tty: true });
  tty.resize(91, 17);
  tty.stdin.write("word\n");
  const shown = await text(tty.stdout);
  t.match(shown, /terminal\r\n/);
  t.match(shown, /got word/);
  t.match(shown, /17 91/);
  const missing = await cri.exec(id, { command: ["/no/such/program"], stdin: false, tty: false });
  await t.rejects(missing.exit, { code: "CONTAINERD_STREAM", message: /no such file/ });
  const aborted = await sh("exec sleep 1000");
  aborted.kill(9);
  t.same(await aborted.exit, { code: 137 });
  await t.rejects(cri.exec("none", { command: ["true"], stdin: false, tty: false }), { code: "CONTAINERD_NOT_FOUND" });
  const sync = await runtime.execSync({ containerId: id, cmd: ["sh", "-c", "echo out; exit 3"], timeout: 30 });
  t.match(sync, { stdout: Buffer.from("out\n"), exitCode: 3 });
  await t.rejects(runtime.execSync({ containerId: id, cmd: ["sleep", "100"], timeout: 1 }), {
    code: "CONTAINERD_TIMEOUT",
  });
});

t.test("attach and port-forward", async (t) => {
  const id = await run(
    container("reader", "while read line; do echo got $line; done", { stdin: true, stdinOnce: true }),
  );
  const attached = await cri.attach(id, { stdin: true, tty: false });
  attached.stdin.end("one\ntwo\n");
  t.equal(await text(attached.stdout), "got one\ngot two\n");
  t.match(await ended(id), { exitCode: 0 });
  const server = await run(container("server", "", { command: ["httpd", "-f", "-p", "127.0.0.1:8099", "-h", "/www"] }));
  const page = await until(async () => {
    const connection = await cri.portForward(sandbox, 8099);
    try {
      connection.end("GET / HTTP/1.0\r\n\r\n");
      return await text(connection);
    } catch (error) {
      // It does not listen yet.
      if (hasCode(error, "CONTAINERD_STREAM")) return undefined;
      throw error;
    }
  });
  t.match(page, /^HTTP\/1\.[01] 200/, "also a server that only its own pod can reach");
  t.match(page, /Hello from/);
  const nobody = await cri.portForward(sandbox, 8098);
  await t.rejects(text(nobody), { code: "CONTAINERD_STREAM" });
  await runtime.stopContainer({ containerId: server, timeout: 0 });
});

t.test("stopping by signal, and by force", async (t) => {
  const polite = await run(container("polite", "trap 'exit 9' TERM; while :; do sleep 0.05; done"));
  await runtime.stopContainer({ containerId: polite, timeout: 30 });
  t.match(await statusOf(polite), { state: "CONTAINER_EXITED", exitCode: 9 });
  const deaf = await run(container("deaf", "trap '' TERM; while :; do sleep 0.05; done"));
  const long = runtime.stopContainer({ containerId: deaf, timeout: 600 }, { timeoutMs: 0 });
  await runtime.stopContainer({ containerId: deaf, timeout: 0 });
  await long;
  t.match(await statusOf(deaf), { exitCode: 137 });
});

t.test("stats, limits, a log that is begun anew", async (t) => {
  const id = await run(container("busy", "while :; do echo line; sleep 0.05; done"));
  const { stats } = await until(async () => {
    const answer = await runtime.containerStats({ containerId: id });
    return answer.stats?.cpu ? answer : undefined;
  });
  t.match(stats, { attributes: { id }, cpu: { usageCoreNanoSeconds: { value: Number } } });
  t.match((await runtime.listContainerStats({ filter: { id } })).stats, [{ attributes: { id } }]);
  t.match((await runtime.podSandboxStats({ podSandboxId: sandbox })).stats, { attributes: { id: sandbox } });
  t.match((await runtime.listPodSandboxStats({})).stats, [{ attributes: { id: sandbox } }]);
  await runtime.updateContainerResources({ containerId: id, linux: { cpuShares: 512 } });
  await rename(join(logs, "busy.log"), join(logs, "busy.log.1"));
  await runtime.reopenContainerLog({ containerId: id });
  await until(async () => (await readFile(join(logs, "busy.log"), "utf8").catch(() => "")) || undefined);
  t.match((await runtime.listContainers({ filter: { labelSelector: { name: "busy" } } })).containers, [
    { id, state: "CONTAINER_RUNNING", podSandboxId: sandbox },
  ]);
});

t.test("what this version does not know is said as such", async (t) => {
  const refused = [
    runtime.checkpointContainer({ containerId: "none", location: "/none" }),
    runtime.listMetricDescriptors({}),
    runtime.listPodSandboxMetrics({}),
    runtime.runtimeConfig({}),
    runtime.updatePodSandboxResources({ podSandboxId: sandbox }),
    runtime.checkpointPod({ podSandboxId: sandbox }),
    runtime.restorePod({}),
    first(runtime.getContainerEvents({})),
    first(runtime.streamContainers({})),
    first(runtime.streamPodSandboxes({})),
    first(runtime.streamContainerStats({})),
    first(runtime.streamPodSandboxStats({})),
    first(runtime.streamPodSandboxMetrics({})),
    first(images.streamImages({})),
  ];
  // Newer versions know some of them; no answer may be one of a broken client.
  for (const answer of await Promise.allSettled(refused)) {
    if (answer.status === "rejected") t.ok(hasCode(answer.reason, "CONTAINERD_UNSUPPORTED", "CONTAINERD_NOT_FOUND"));
  }
});

t.test("the daemon is killed: the container goes on, and so does the client", async (t) => {
  const before = await runtime.listContainers({ filter: { state: { state: "CONTAINER_RUNNING" } } });
  await fixture.kill();
  await t.rejects(runtime.version({}), { code: "CONTAINERD_UNREACHABLE" });
  await fixture.restart();
  const after = await until(async () => {
    try {
      return await runtime.listContainers({ filter: { state: { state: "CONTAINER_RUNNING" } } });
    } catch (error) {
      // It answers, and has not found its containers yet.
      if (hasCode(error, "CONTAINERD_UNREACHABLE")) return undefined;
      throw error;
    }
  });
  t.same(after.containers.map(({ id }) => id).sort(), before.containers.map(({ id }) => id).sort());
});

t.test("what is removed is gone", async (t) => {
  await runtime.stopPodSandbox({ podSandboxId: sandbox });
  t.match((await runtime.podSandboxStatus({ podSandboxId: sandbox })).status, { state: "SANDBOX_NOTREADY" });
  await runtime.removePodSandbox({ podSandboxId: sandbox });
  t.same((await runtime.listContainers({})).containers, []);
  const addresses = takenAddressesDirectory(fixture.directory);
  t.same(
    (await readdir(addresses)).filter((name) => name.startsWith("10.")),
    [],
    "its address is free",
  );
});

async function first(stream: AsyncIterable<unknown>): Promise<unknown> {
  for await (const message of stream) return message;
  return undefined;
}

/** What the look finds, as soon as it finds something. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error("did not come true in time");
    await sleep(20);
  }
}
