/** What only containerd can do to the agent: die, lose a shim, refuse. And what only a kernel with controllers can: kill for lack of memory. */
import { readdirSync, readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectContainerd } from "@drydock/containerd";
import t from "tap";
import type { ContainerSpec, ObservedContainer } from "../port/pod-runtime.ts";
import { ContainerdNode, whyNoContainerd } from "../test/containerd-node.ts";
import { lowestOomScore } from "./oom-score.ts";

const why = whyNoContainerd();
if (why) t.plan(0, why);
else await main();

async function main(): Promise<void> {
  const node = await ContainerdNode.start(t);
  const runtime = await node.open();
  t.teardown(() => runtime.pods.close());
  const uid = `bbbbbbbb-0000-4000-8000-${String(process.pid).padStart(12, "0")}`;
  const image = await runtime.images.status(node.image);
  await runtime.pods.ensureSandbox({
    podUid: uid,
    namespace: "default",
    name: "pod",
    hostname: "pod",
    logDirectory: join(node.directory, "logs"),
    cgroupParent: `kubepods/burstable/pod${uid}`,
    hostAliases: [],
    dns: { nameservers: [], searches: [], options: [] },
  });
  const specOf = (name: string, script: string, change: Partial<ContainerSpec> = {}): ContainerSpec => ({
    podUid: uid,
    name,
    attempt: 0,
    image: node.image,
    imageId: image?.id ?? "",
    specHash: "hash",
    failures: 0,
    command: ["sh", "-c", script],
    env: [],
    security: {
      allowPrivilegeEscalation: false,
      runAsNonRoot: false,
      supplementalGroups: [],
      seccompDefault: false,
      addCapabilities: [],
      dropCapabilities: [],
    },
    resources: {},
    oomScoreAdj: 1000,
    mounts: [],
    readOnlyRootFilesystem: false,
    logPath: join(node.directory, "logs", `${name}.log`),
    ...change,
  });
  const find = async (id: string): Promise<ObservedContainer | undefined> =>
    (await runtime.pods.observePod(uid))?.containers.find((container) => container.id === id);
  const ended = async (id: string, ms = 10_000): Promise<ObservedContainer> => {
    for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(20)) {
      const container = await find(id).catch(() => undefined);
      if (container?.state === "exited") return container;
    }
    throw new Error(`${id} does not end`);
  };
  const forever = "trap 'exit 9' TERM; while :; do sleep 0.05; done";
  const pidOf = async (id: string): Promise<number> => {
    const client = await connectContainerd({ socket: node.daemon.socket, namespace: "drydock" });
    const task = await client.tasks.get(id);
    client.close();
    return task?.pid ?? -1;
  };

  await t.test("it says which containerd it is", async (t) => {
    t.match(runtime.version, /^containerd:\/\/\d+\.\d+\.\d+$/);
  });

  await t.test("containerd dies and comes back: nothing stops, nothing starts twice, no end is missed", async (t) => {
    const counter = "i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.02; done";
    const [stays, dies] = await Promise.all([
      runtime.pods.startContainer(specOf("stays", counter)),
      runtime.pods.startContainer(specOf("dies", forever)),
    ]);
    const [pid, victim] = [await pidOf(stays.id), await pidOf(dies.id)];
    const heard = new Promise<void>((resolve) => {
      const end = runtime.pods.onChange((changed) => {
        if (changed !== uid) return;
        end();
        resolve();
      });
    });
    await node.kill();
    await t.rejects(runtime.pods.observePod(uid), { code: "CONTAINERD_UNREACHABLE" });
    process.kill(victim, "SIGKILL");
    await sleep(300);
    t.match(readFileSync(`/proc/${pid}/comm`, "utf8"), "sh", "it goes on without containerd");
    await node.restart();
    await heard;
    t.match(await ended(dies.id), { exitCode: 137, reason: "Error" });
    t.match(await find(stays.id), { state: "running" });
    t.equal(await pidOf(stays.id), pid);
    await runtime.pods.stopContainer(stays.id, 0);
    const ticks = [...(await readFile(stays.logPath, "utf8")).matchAll(/tick (\d+)/g)].map((match) => Number(match[1]));
    t.same(
      ticks,
      ticks.map((_, index) => index),
      "no line is missing",
    );
  });

  await t.test("containerd dies while a container is being stopped", async (t) => {
    const run = await runtime.pods.startContainer(specOf("deaf", "trap '' TERM; while :; do sleep 0.05; done"));
    const stopping = runtime.pods.stopContainer(run.id, 500);
    await sleep(100);
    await node.kill();
    await sleep(700);
    await node.restart();
    await stopping;
    const said = await readFile(run.logPath, "utf8").catch(() => "");
    t.match(await find(run.id), { state: "exited", exitCode: 137 }, said);
  });

  await t.test("a shim dies: its container is gone, and that is seen", async (t) => {
    const run = await runtime.pods.startContainer(specOf("orphan", forever));
    const pid = await pidOf(run.id);
    // A shim that is killed leaves its socket, in a directory that all containerds of a machine share.
    const bundle = join(node.directory, "state", "io.containerd.runtime.v2.task", "drydock", run.id);
    const socket = (await readFile(join(bundle, "address"), "utf8")).replace("unix://", "");
    t.teardown(() => rm(socket, { force: true }));
    process.kill(shimOf(run.id), "SIGKILL");
    const end = await ended(run.id);
    t.match(end, { exitCode: 137, startedAt: run.startedAt });
    for (const deadline = Date.now() + 5_000; isAlive(pid) && Date.now() < deadline; await sleep(20));
    t.notOk(isAlive(pid), "containerd ended what the shim had left");
    const next = await runtime.pods.startContainer(specOf("orphan", forever, { attempt: 1 }));
    t.match(next, { state: "running", attempt: 1 });
    await runtime.pods.stopContainer(next.id, 0);
  });

  await t.test("an end is written down, and no shim is kept for it", async (t) => {
    const run = await runtime.pods.startContainer(specOf("short", "exit 6"));
    await ended(run.id);
    for (const deadline = Date.now() + 5_000; shims().has(run.id) && Date.now() < deadline; await sleep(20));
    t.notOk(shims().has(run.id));
    t.match(await find(run.id), { state: "exited", exitCode: 6, finishedAt: String });
  });

  await t.test("what a crash left between the record and the process is started anew", async (t) => {
    const spec = specOf("half", "exit 0");
    const first = await runtime.pods.startContainer(spec);
    await ended(first.id);
    await runtime.pods.removeContainer(first.id);
    const client = await connectContainerd({
      socket: node.daemon.socket,
      runtime: node.daemon.runtime,
      namespace: "drydock",
    });
    t.teardown(() => client.close());
    const other = await runtime.pods.startContainer(specOf("pattern", "exit 0"));
    await ended(other.id);
    const pattern = await client.containers.get(other.id);
    const { chainId } = (await client.images.get(node.image)) ?? { chainId: "" };
    await client.containers.create({
      id: first.id,
      image: node.image,
      chainId,
      labels: { ...pattern?.labels, "io.kubernetes.container.name": "half" },
      extensions: {
        "drydock.dev/created": pattern?.extensions["drydock.dev/created"] ?? { type_url: "", value: Buffer.of() },
      },
      spec: () => ({}),
    });
    t.match(await find(first.id), { state: "created", name: "half" });
    t.match(await runtime.pods.startContainer(spec), { id: first.id, state: "running" });
    t.match(await ended(first.id), { exitCode: 0, reason: "Completed" });
  });

  await t.test("a score below what this machine allows is raised, and said", async (t) => {
    const run = await runtime.pods.startContainer(specOf("precious", forever, { oomScoreAdj: -997 }));
    t.equal(run.state, "running", run.message ?? "");
    const score = Number(readFileSync(`/proc/${await pidOf(run.id)}/oom_score_adj`, "utf8"));
    const lowest = lowestOomScore();
    t.equal(score, Math.max(-997, lowest));
    t.equal(run.notEnforced.length, lowest > -997 ? 1 : 0);
    await runtime.pods.stopContainer(run.id, 0);
  });

  await t.test("more memory than allowed: OOMKilled", async (t) => {
    const script = "x=0123456789abcdef; while :; do x=$x$x; done";
    const resources = { memoryLimitBytes: 16 * 1024 * 1024, cpuShares: 100 };
    const run = await runtime.pods.startContainer(specOf("greedy", script, { resources }));
    t.match(await ended(run.id), { reason: "OOMKilled", exitCode: 137 });
    await sleep(200);
    t.match(await find(run.id), { reason: "OOMKilled" }, "also when its cgroup is gone");
  });

  await t.test("an image that somebody else put into containerd", async (t) => {
    const client = await connectContainerd({ socket: node.daemon.socket, namespace: "drydock" });
    t.teardown(() => client.close());
    const { images } = await client.services.images.list({ filters: [] });
    const target = images[0]?.target;
    if (!target) throw new Error("no image");
    await client.services.images.create({ image: { name: "example.test/foreign:1", labels: {}, target } });
    t.match(await runtime.images.status("example.test/foreign:1"), {
      id: image?.id,
      names: ["example.test/foreign:1"],
    });
    t.ok((await runtime.images.list()).some(({ names }) => names.includes("example.test/foreign:1")));
  });

  await t.test("and all of it can be removed", async (t) => {
    await runtime.pods.removePod(uid);
    t.same(await runtime.pods.listPods(), []);
    const client = await connectContainerd({ socket: node.daemon.socket, namespace: "drydock" });
    t.teardown(() => client.close());
    t.same([await client.containers.list(), await client.tasks.list()], [[], []]);
  });
}

/** Container id to pid of its shim. The same program run as `delete` cleans up after one that has ended, and is none. */
function shims(): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const command = commandOf(name);
    const id = command[0]?.includes("containerd-shim") && command[command.indexOf("-id") + 1];
    if (id && !command.includes("delete")) found.set(id, Number(name));
  }
  return found;
}

function shimOf(id: string): number {
  return shims().get(id) ?? -1;
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    // Ended since it was listed.
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
