/** The commands as a user types them, on a cluster of three nodes. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildBusyboxImage } from "@drydock/oci";
import t from "tap";
import { Drydock, linesOf, lineWith, outcomeOf } from "./cli/drydock.ts";
import { leftovers } from "./cli/leftovers.ts";

interface Pods {
  items: {
    metadata: { name: string; uid: string; deletionTimestamp?: string };
    spec: { nodeName: string };
    status: { phase: string; podIP: string };
  }[];
}

const root = resolve(import.meta.dirname, "../..");
const drydock = await Drydock.make("cli");
t.teardown(() => drydock.destroy());
t.jobs = 1;

/** Processes on the host whose cgroup names `uid`: those of one pod. */
function processesInCgroup(uid: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(uid);
    } catch {
      // It ended while we looked.
      return false;
    }
  });
}

async function podNames(): Promise<string[]> {
  const names = await drydock.ok(["get", "pods", "-l", "app=web", "-o", "name"]);
  return names.split("\n").filter(Boolean);
}

t.test("up", async (t) => {
  const { code, stderr } = await drydock.run(["up", "--nodes", "3", "--detach", "--port", "0"]);
  t.equal(code, 0, stderr);
  t.match(stderr, /cluster ready in [\d.]+ s: 3 nodes/);
  const again = await drydock.run(["up", "--nodes", "3", "--detach"]);
  t.equal(again.code, 0, "a second up has nothing to do");
  t.match(again.stderr, /a cluster runs on .* already: 3 nodes/);
  const other = await drydock.run(["up", "--nodes", "5", "--detach"]);
  t.equal(other.code, 6, "one that asks for something else is refused");
  t.match(other.stderr, /without --nodes 5 \(it has 3\)[\s\S]*CLUSTER_RUNNING/);
});

t.test("status", async (t) => {
  const status = await drydock.json<{ phase: string; api: string; nodes: { status: string; agent: boolean }[] }>([
    "status",
  ]);
  t.match(status, { phase: "ready", api: "ok" });
  t.same(
    status.nodes.map(({ status, agent }) => ({ status, agent })),
    [1, 2, 3].map(() => ({ status: "Ready", agent: true })),
  );
  t.match(await drydock.ok(["status"]), /node-2 +Ready +10\./);
});

t.test("images", async (t) => {
  for (const version of ["v1", "v2"]) {
    const name = `docker.io/drydock/web:${version}`;
    await buildBusyboxImage({ busybox: "/bin/busybox", output: drydock.path(`web-${version}.tar`), name, version });
    const said = await drydock.ok([
      "images",
      "import",
      drydock.path(`web-${version}.tar`),
      "--name",
      name,
      "--cluster",
    ]);
    t.match(said, /imported docker\.io\/drydock\/web:v\d .*on 3 nodes/);
  }
  t.match(await drydock.ok(["images", "list"]), /docker\.io\/drydock\/web:v2 +sha256:/);
});

t.test("apply, get -w, rollout status", async (t) => {
  const watch = drydock.spawn(["get", "pods", "-w"]);
  t.teardown(() => watch.kill());
  const lines = linesOf(watch);
  const manifest = resolve(root, "examples/web.yaml");
  t.equal(await drydock.ok(["apply", "-f", manifest]), "workload.drydock.dev/web created\n");
  t.equal(await drydock.ok(["apply", "-f", manifest]), "workload.drydock.dev/web unchanged\n");
  t.match(
    await lineWith(lines, (line) => line.includes("1/1")),
    /^web-\S+ +1\/1 +Running/,
    "the watch shows it running",
  );
  const said = await drydock.ok(["rollout", "status", "workload/web", "--timeout", "30"]);
  t.match(said, /workload "web" successfully rolled out\n$/);
  t.equal((await podNames()).length, 3);
  t.match(await drydock.ok(["get", "workloads,pods,nodes", "-o", "wide"]), /^workload\.drydock\.dev\/web +3\/3/m);
  const pods = await drydock.json<Pods>(["get", "pods"]);
  t.equal(new Set(pods.items.map(({ spec }) => spec.nodeName)).size, 3, "one pod on each node");
  const pages = await Promise.all(
    pods.items.map(async ({ status }) => (await fetch(`http://${status.podIP}:8080/version`)).text()),
  );
  t.same(pages, ["v1\n", "v1\n", "v1\n"], "each answers at its own address");
});

t.test("describe, events, explain", async (t) => {
  const [pod = ""] = await podNames();
  const text = await drydock.ok(["describe", pod]);
  t.match(text, /^Controlled By: +Workload\/web$/m);
  t.match(text, /Normal +Started/);
  t.match(await drydock.ok(["describe", "workload", "web"]), /3 desired \| 3 updated \| 3 total \| 3 available/);
  t.match(await drydock.ok(["describe", "node", "node-1"]), /^PodCIDR: +10\.\d+\.1\.0\/24$/m);
  t.match(await drydock.ok(["events", "--for", pod]), /Scheduled +pod\/web-/);
  t.match(await drydock.ok(["explain", "workload.spec.replicas"]), /FIELD: replicas <integer>/);
});

t.test("why and plan", async (t) => {
  const [pod = ""] = await podNames();
  t.match(await drydock.ok(["why", pod]), /^pod\/web-\S+: it is running and ready since[\s\S]*node-1 +fits/);
  t.match(await drydock.ok(["why", "workload/web"]), /^workload\/web: it is as it should be\./);
  t.match(await drydock.json(["why", "node/node-1"]), { subject: "node/node-1", verdict: /^it is ready since/ });
  const unknown = await drydock.run(["why", "configmap/x"]);
  t.match(unknown, { code: 2, stderr: /why does not know about configmaps/ });
  const spec = { containers: [{ name: "main", image: "big:1", resources: { requests: { cpu: "1000" } } }] };
  const big = JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "big" }, spec });
  t.match(await drydock.ok(["plan", "-f", "-"], { input: big }), /pod\/big: would stay pending: none of 3 nodes/);
  t.match(await drydock.ok(["plan", "-f", resolve(root, "examples/web.yaml")]), /pod\/web-1: would go to node-/);
});

t.test("an example with a ConfigMap, a Secret and an init container", async (t) => {
  const example = resolve(root, "examples/configured.yaml");
  t.match(
    await drydock.ok(["apply", "-f", example]),
    /configmap\/pages created\nsecret\/keys created\nworkload.* created/,
  );
  await drydock.ok(["rollout", "status", "workload/configured", "--timeout", "60"]);
  const inside = (path: string) => drydock.ok(["exec", "workload/configured", "--", "cat", path]);
  t.equal(await inside("/work/prepared.txt"), "prepared for default\n");
  t.equal(await inside("/keys/token"), "not-for-everybody");
  const { items } = await drydock.json<Pods>(["get", "pods", "-l", "app=configured"]);
  const page = await fetch(`http://${items[0]?.status.podIP}:8080/`);
  t.equal(await page.text(), "hello from a ConfigMap\n");
  await drydock.ok(["delete", "-f", example]);
  await drydock.ok(["wait", "pods", "-l", "app=configured", "--for", "delete", "--timeout", "60"]);
});

t.test("logs", async (t) => {
  const [pod = ""] = await podNames();
  t.match(await drydock.ok(["logs", pod, "--tail", "1"]), /response:200/);
  t.equal((await drydock.ok(["logs", "-l", "app=web", "--tail", "1", "--prefix"])).match(/^\[pod\/web-/gm)?.length, 3);
  const follow = drydock.spawn(["logs", "-f", pod, "--since", "1s"]);
  t.teardown(() => follow.kill());
  const lines = linesOf(follow);
  await drydock.ok(["exec", pod.slice(4), "--", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/version"]);
  t.match(
    await lineWith(lines, (line) => line.includes("127.0.0.1")),
    /response:200/,
    "a request shows in the log that is followed",
  );
});

t.test("exec", async (t) => {
  const [pod = ""] = (await podNames()).map((name) => name.slice(4));
  t.equal((await drydock.run(["exec", pod, "--", "sh", "-c", "exit 7"])).code, 7, "ends with the code of the command");
  const streams = await drydock.run(["exec", pod, "--", "sh", "-c", "echo out; echo err >&2"]);
  t.match(streams, { code: 0, stdout: "out\n", stderr: "err\n" });
  t.equal(await drydock.ok(["exec", "-i", pod, "--", "cat"], { input: "through and back\n" }), "through and back\n");
  const large = "0123456789abcdef".repeat(128 * 1024);
  t.equal(
    (await drydock.ok(["exec", "-i", pod, "--", "cat"], { input: large })) === large,
    true,
    "2 MB through and back, unchanged",
  );
  t.equal(await drydock.ok(["exec", "workload/web", "--", "cat", "/www/version"]), "v1\n");
  const missing = await drydock.run(["exec", pod, "--", "no-such-program"]);
  t.not(missing.code, 0);
  t.match(missing.stderr, /no-such-program/);
  const noTerminal = await drydock.run(["exec", "-it", pod, "--", "sh"]);
  t.equal(noTerminal.code, 2);
  t.match(noTerminal.stderr, /CLI_NO_TERMINAL/);
});

t.test("inspect: processes of pods and nodes by their names", async (t) => {
  const { items } = await drydock.json<Pods>(["get", "pods", "-l", "app=web"]);
  const [pod] = items;
  const { pid } = await drydock.json<{ pid: number }>(["inspect", "proc", "show", `pod/${pod?.metadata.name}`]);
  t.ok(
    processesInCgroup(pod?.metadata.uid ?? "none").includes(pid),
    "the pid is that of the pod's container on this machine",
  );
  t.match(readFileSync(`/proc/${pid}/status`, "utf8"), /^NSpid:\t\d+\t\d+\t1$/m, "its first process");
  const diff = await drydock.ok([
    "inspect",
    "ns",
    "diff",
    `node/${pod?.spec.nodeName}`,
    `pod/${pod?.metadata.name}/web`,
  ]);
  t.match(diff, /here is \d+, then 1 inside/, "a container in a node, which is a container");
  const wrong = await drydock.run(["inspect", "mounts", `pod/${pod?.metadata.name}/nothing`]);
  t.match(wrong, { code: 3, stderr: /has no container nothing\n {2}it has web\n/ });
  t.match(await drydock.run(["inspect", "mounts", "node/node-9"]), { code: 3, stderr: /no node node-9 runs/ });
});

t.test("exec -it on a terminal", async (t) => {
  const command = `./drydock exec -it workload/web --data-dir ${drydock.dataDir} -- sh`;
  // script(1) gives the command a terminal and passes its exit code on.
  const script = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], { cwd: root });
  const said = outcomeOf(script);
  script.stdin.write("tty; echo $((6 * 7)); exit 5\n");
  const { code, stdout } = await said;
  t.match(stdout, /\/dev\/pts\/\d+\r\n42\r\n/, "a terminal, and each line break once");
  t.equal(code, 5);
});

t.test("scale, roll to a new version, go back", async (t) => {
  t.equal(await drydock.ok(["scale", "workload/web", "--replicas", "5"]), "workload.drydock.dev/web scaled\n");
  await drydock.ok(["rollout", "status", "workload/web", "--timeout", "30"]);
  t.equal((await podNames()).length, 5);
  t.equal(
    await drydock.ok(["apply", "-f", resolve(root, "examples/web-v2.yaml")]),
    "workload.drydock.dev/web configured\n",
  );
  await drydock.ok(["rollout", "status", "workload/web", "--timeout", "60"]);
  t.equal(await drydock.ok(["exec", "workload/web", "--", "cat", "/www/version"]), "v2\n");
  t.match(await drydock.ok(["rollout", "history", "workload/web"]), /^1 .*web:v1[\s\S]*^2 .*web:v2/m);
  t.match(await drydock.ok(["rollout", "undo", "workload/web"]), /rolled back to revision 1/);
  await drydock.ok(["rollout", "status", "workload/web", "--timeout", "60"]);
  t.equal(await drydock.ok(["exec", "workload/web", "--", "cat", "/www/version"]), "v1\n");
});

t.test("a container that is killed comes back", async (t) => {
  const pods = await drydock.json<Pods>(["get", "pods"]);
  const { name = "", uid = "" } = pods.items.find(({ metadata }) => !metadata.deletionTimestamp)?.metadata ?? {};
  const pids = processesInCgroup(uid);
  t.ok(pids.length > 0, "its processes are found on the host");
  for (const pid of pids) process.kill(pid, "SIGKILL");
  const restarted = "jsonpath={.status.containerStatuses[0].restartCount}=1";
  await drydock.ok(["wait", `pod/${name}`, "--for", restarted, "--timeout", "30"]);
  await drydock.ok(["wait", `pod/${name}`, "--for", "condition=Ready", "--timeout", "30"]);
  t.match(await drydock.ok(["logs", name, "--previous"]), /response:200/);
});

t.test("down and up again: what should run comes back", async (t) => {
  await drydock.ok(["wait", "workload/web", "--for", "jsonpath={.status.terminatingReplicas}=0", "--timeout", "30"]);
  const before = await podNames();
  t.equal(before.length, 3, "as the manifest that was applied last says");
  const said = await drydock.ok(["down"]);
  t.match(said, /is down in [\d.]+ s; removed/);
  t.ok(Number(/in ([\d.]+) s/.exec(said)?.[1]) < 3, `in less than 3 s: ${said}`);
  t.same(leftovers(drydock.dataDir), [], "nothing is left");
  t.equal((await drydock.run(["status"])).code, 4);
  const gone = await drydock.run(["get", "pods"]);
  t.equal(gone.code, 4);
  t.match(gone.stderr, /no API server answers/);
  await drydock.ok(["up", "--detach"]);
  await drydock.ok(["wait", "workload/web", "--for", "jsonpath={.status.availableReplicas}=3", "--timeout", "60"]);
  t.same(await podNames(), before, "the same pods, on the same nodes");
  t.equal((await drydock.json<{ nodes: unknown[] }>(["status"])).nodes.length, 3, "as many nodes as before");
});

t.test("delete", async (t) => {
  t.equal(
    await drydock.ok(["delete", "-f", resolve(root, "examples/web.yaml")]),
    'workload.drydock.dev "web" deleted\n',
  );
  await drydock.ok(["wait", "pods", "-l", "app=web", "--for", "delete", "--timeout", "30"]);
  const missing = await drydock.run(["get", "workload", "web"]);
  t.equal(missing.code, 3);
  t.match(missing.stderr, /"web" not found[\s\S]*API_NOT_FOUND/);
});

t.test("an agent that is killed is started again, and its containers go on", async (t) => {
  await drydock.ok(["apply", "-f", resolve(root, "examples/web.yaml")]);
  await drydock.ok(["rollout", "status", "workload/web", "--timeout", "30"]);
  const { pid } = JSON.parse(readFileSync(drydock.path("cluster.json"), "utf8")).running.nodes[0].agent as {
    pid: number;
  };
  process.kill(pid, "SIGKILL");
  const deadline = Date.now() + 20_000;
  let agent: { agent: boolean; agentRestarts: number } | undefined;
  while (!(agent?.agent && agent.agentRestarts === 1) && Date.now() < deadline) {
    [agent] = (await drydock.json<{ nodes: { agent: boolean; agentRestarts: number }[] }>(["status"])).nodes;
  }
  t.match(agent, { agent: true, agentRestarts: 1 });
  const pods = await drydock.ok(["get", "pods", "--no-headers"]);
  t.equal(pods.match(/1\/1 +Running +0 /g)?.length, 3, "no container was started again");
});

t.test("down --purge", async (t) => {
  const child = drydock.spawn(["get", "pods", "-w"]);
  const ended = outcomeOf(child);
  await drydock.ok(["down", "--purge"]);
  child.kill();
  await ended;
  t.same(leftovers(drydock.dataDir), []);
  t.equal((await drydock.run(["down"])).stdout, `no cluster runs on ${drydock.dataDir}\n`, "is safe to repeat");
});
