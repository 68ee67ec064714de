/** What users get wrong: each is a clear sentence with what to do, the right exit code, and nothing left half made. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { resolve } from "node:path";
import t, { type Test } from "tap";
import { Drydock, type Outcome } from "./cli/drydock.ts";
import { leftovers } from "./cli/leftovers.ts";

t.jobs = 1;
const root = resolve(import.meta.dirname, "../..");

function refused(t: Test, outcome: Outcome, code: number, ...said: RegExp[]): void {
  t.equal(outcome.code, code, outcome.stderr);
  for (const text of said) t.match(outcome.stderr, text);
  t.notMatch(outcome.stderr, /\n {4}at /, "no stack trace");
}

async function on(t: Test, name: string): Promise<Drydock> {
  const drydock = await Drydock.make(name);
  t.teardown(() => drydock.destroy());
  return drydock;
}

t.test("commands and flags", async (t) => {
  const drydock = await on(t, "usage");
  refused(t, await drydock.run(["gett", "pods"]), 2, /unknown command "gett"/, /did you mean "drydock get"/);
  refused(t, await drydock.run(["get", "pods", "--wach"]), 2, /unknown option '--wach'/, /did you mean --watch/);
  const alone = await drydock.run(["rollout"]);
  t.equal(alone.code, 2);
  t.match(alone.stderr, /Commands:\n +status/, "a command that wants one of its subcommands prints which there are");
  t.notMatch(alone.stderr, /CLI_USAGE/);
  refused(t, await drydock.run(["get"]), 2, /missing required argument 'kinds'/, /drydock get --help/);
  refused(t, await drydock.run(["up", "--nodes", "many"]), 2, /--nodes: "many" is not a number of nodes/);
  refused(t, await drydock.run(["up"], { env: { DRYDOCK_PORT: "99999" } }), 2, /DRYDOCK_PORT: "99999" is not a port/);
  refused(t, await drydock.run(["get", "pods"]), 4, /no cluster to talk to/, /drydock up --detach/);
  refused(
    t,
    await drydock.run(["explain", "workload.spec.replica"]),
    2,
    /no field "replica"/,
    /did you mean workload\.spec\.replicas/,
  );
});

t.test("configuration file", async (t) => {
  const drydock = await on(t, "config");
  const file = drydock.path("config.yaml");
  await writeFile(file, "apiVersion: drydock.dev/v1\nkind: Config\nnode: 3\n");
  const unknown = await drydock.run(["status"], { env: { DRYDOCK_CONFIG: file } });
  refused(t, unknown, 2, /config\.yaml: unknown setting "node"/, /did you mean nodes/);
  await writeFile(file, "apiVersion: drydock.dev/v1\nkind: Config\nnodes: [\n");
  refused(t, await drydock.run(["status"], { env: { DRYDOCK_CONFIG: file } }), 2, /config\.yaml: .*line/);
});

t.test("up where it cannot be", async (t) => {
  const drydock = await on(t, "up");
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  const taken = await drydock.run(["up", "--detach", "--port", String(port)]);
  refused(
    t,
    taken,
    9,
    new RegExp(`port ${port} is in use by \\S*node.* \\(pid ${process.pid}\\)`),
    /drydock up --port 0/,
  );
  t.notMatch(taken.stderr, /MainThread/, "whoever has it is named by its command line");
  const fresh = new Drydock(drydock.path("not/there/yet"));
  for (const manner of [["--detach"], []]) {
    refused(t, await fresh.run(["up", ...manner, "--port", String(port)]), 9, /is in use/);
    t.notOk(existsSync(drydock.path("not")), "nothing empty is left of a start that failed");
  }
  server.close();

  // Whoever has the usual port, this test or a cluster of somebody's, is named, and so is the way on.
  const usual = createServer().on("error", () => {});
  usual.listen(6443, "127.0.0.1");
  refused(t, await drydock.run(["up", "--detach"]), 9, /port 6443 is in use by .+ \(pid \d+\)/, /drydock up --port 0/);
  usual.close();

  refused(t, await drydock.run(["up", "--network", "10.88.0.0/24"]), 2, /is not an IPv4 network of \/16/);
  const loopback = await drydock.run(["up", "--detach", "--network", "127.0.0.0/16", "--port", "0"]);
  refused(t, loopback, 9, /127\.0\.0\.0\/16 overlaps 127\./);

  const noEtcd = await drydock.run(["up", "--detach", "--port", "0"], {
    env: { PATH: await pathWithoutEtcd(drydock) },
  });
  refused(t, noEtcd, 9, /etcd is not installed/, /etcd-server/);

  const file = new Drydock(drydock.path("file"));
  await writeFile(file.dataDir, "");
  refused(t, await file.run(["up", "--detach", "--port", "0"]), 9, /a file is in its place/, /--data-dir/);
  t.same(leftovers(drydock.dataDir), [], "nothing is left of all these");
});

/** A directory with links to every program in PATH but etcd. */
async function pathWithoutEtcd(drydock: Drydock): Promise<string> {
  const { symlink } = await import("node:fs/promises");
  const directory = drydock.path("bin");
  await mkdir(directory);
  const known = new Set(["etcd"]);
  for (const from of (process.env.PATH ?? "").split(":")) {
    for (const name of await readdir(from).catch(() => [])) {
      if (known.has(name)) continue;
      known.add(name);
      await symlink(`${from}/${name}`, `${directory}/${name}`);
    }
  }
  return directory;
}

t.test("not root", async (t) => {
  const drydock = await on(t, "user");
  const outcome = await new Promise<Outcome>((done) => {
    const args = ["--reuid", "65534", "--regid", "65534", "--clear-groups", resolve(root, "drydock"), "up", "--detach"];
    // An environment of its own: the test runner's variables make every Node process write where this user may not.
    const env = ["-i", `PATH=${process.env.PATH}`, "HOME=/nonexistent", "setpriv"];
    execFile("env", [...env, ...args, "--data-dir", drydock.path("own")], (error, stdout, stderr) => {
      done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
  refused(t, outcome, 5, /needs root/, /sudo/);
});

t.test("damaged data", async (t) => {
  const drydock = await on(t, "damaged");
  await writeFile(drydock.path("cluster.json"), '{"version": 1, "settings"');
  for (const command of [["up", "--detach"], ["status"]]) {
    refused(t, await drydock.run(command), 9, /cluster\.json: not JSON/, /down --purge/);
  }
  const down = await drydock.run(["down"]);
  t.match(down, { code: 0, stderr: /cluster\.json: not JSON; going by what is found on this machine/ });
  await writeFile(drydock.path("cluster.json"), '{"version": 1, "settings": {}, "running": {"phase": "ready"}}');
  t.match(await drydock.run(["down"]), { code: 0, stderr: /what it says of a running cluster makes no sense/ });
  t.equal((await drydock.run(["down", "--purge"])).code, 0, "purge removes it");

  await mkdir(drydock.path("etcd", "data", "member", "wal"), { recursive: true });
  await mkdir(drydock.path("etcd", "data", "member", "snap"), { recursive: true });
  await writeFile(
    drydock.path("etcd", "data", "member", "wal", "0000000000000000-0000000000000000.wal"),
    "no log of etcd",
  );
  refused(t, await drydock.run(["up", "--detach", "--port", "0"]), 9, /ETCD_DATA_CORRUPT/);
  t.same(leftovers(drydock.dataDir), [], "nothing is left");
});

t.test("files that may not be read, and files where directories should be", async (t) => {
  const drydock = await on(t, "files");
  const kubeconfig = drydock.path("kubeconfig");
  await writeFile(kubeconfig, "apiVersion: v1\n", { mode: 0 });
  // Root without the power to read everything: as another user it might not reach the program.
  const weaker = await new Promise<Outcome>((done) => {
    const powers = "-dac_override,-dac_read_search";
    const command = [
      resolve(root, "drydock"),
      "get",
      "pods",
      "--kubeconfig",
      kubeconfig,
      "--data-dir",
      drydock.dataDir,
    ];
    execFile("setpriv", ["--bounding-set", powers, "--inh-caps", powers, ...command], (error, stdout, stderr) => {
      done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
  refused(t, weaker, 5, new RegExp(`kubeconfig ${kubeconfig} cannot be read: EACCES`), /CLIENT_CONFIG_DENIED/);

  const file = drydock.path("file");
  await writeFile(file, "");
  refused(
    t,
    await new Drydock(file).run(["images", "list"]),
    9,
    /a file is in its place/,
    /--data-dir/,
    /CLUSTER_DATA_DIR/,
  );
  await writeFile(drydock.path("images"), "");
  refused(t, await drydock.run(["images", "list"]), 9, /image store .*\/images: EEXIST/, /IMAGE_STORE_UNUSABLE/);
});

t.test("etcd's data is gone", async (t) => {
  const drydock = await on(t, "gone");
  const settings = { nodes: 1, port: 0, network: "10.88.0.0/16", runtime: "native" };
  await writeFile(drydock.path("cluster.json"), JSON.stringify({ version: 1, settings, hasBeenReady: true }));
  const outcome = await drydock.run(["up", "--detach", "--port", "0"]);
  refused(t, outcome, 9, /etcd is gone: all objects of this cluster were in it/, /down --purge/);
  t.same(leftovers(drydock.dataDir), [], "nothing is left");
});

t.test("objects", async (t) => {
  const drydock = await on(t, "objects");
  await drydock.ok(["up", "--detach", "--port", "0"]);
  const images = await drydock.ok(["images", "list"]);
  t.match(
    images,
    /docker\.io\/drydock\/web:v1 .* <none>\n/,
    "a new cluster has the images of the examples, which say no time",
  );
  const record = JSON.parse(await readFile(drydock.path("cluster.json"), "utf8"));
  t.equal(record.hasBeenReady, true, "that there is state to lose is written down");
  const apply = (input: string): Promise<Outcome> => drydock.run(["apply", "-f", "-"], { input });
  const workload = (spec: string): string =>
    `apiVersion: drydock.dev/v1\nkind: Workload\nmetadata:\n  name: bad\nspec:\n${spec}`;
  const container = "  template:\n    spec:\n      containers:\n      - name: c\n        image: drydock/web:v1\n";

  refused(t, await apply("kind: [\nfoo: bar: baz\n"), 7, /standard input:2:\d+: /, /line 2 reads: foo: bar: baz/);
  refused(t, await apply("- a\n"), 7, /standard input:1: the document is no mapping/);
  refused(t, await apply("apiVersion: v1\nkind: Pod\n"), 7, /metadata\.name of the Pod is missing/);
  refused(
    t,
    await apply(workload("  replicsa: 3\n") + container),
    7,
    /standard input:6:\d+: .*unknown field "spec\.replicsa"/,
    /replicas/,
  );
  refused(t, await apply(workload("  replicas: -1\n") + container), 7, /spec\.replicas: Invalid value: -1/);
  refused(
    t,
    await apply(workload(container).replace("kind: Workload", "kind: Workloda")),
    2,
    /no kind "Workloda"/,
    /did you mean Workload/,
  );
  refused(t, await drydock.run(["apply", "-f", "/no/such/file.yaml"]), 3, /\/no\/such\/file\.yaml: no such file/);
  refused(t, await drydock.run(["get", "pod", "nobody"]), 3, /pods "nobody" not found/);
  refused(t, await drydock.run(["get", "podz"]), 2, /no resource "podz"/, /did you mean pods/);
  refused(t, await drydock.run(["scale", "node/node-1", "--replicas", "3"]), 2, /a node has no number of replicas/);
  refused(t, await drydock.run(["images", "import", "/no/such.tar", "--name", "x"]), 3, /no\/such\.tar/);
  const two = `${workload(container)}---\nnot: an object\n`;
  refused(t, await apply(two), 7, /apiVersion is missing/);
  t.equal(
    (await drydock.run(["get", "workload", "bad"])).code,
    3,
    "of two documents none is applied when one is broken",
  );

  await drydock.ok(["apply", "-f", "-"], { input: workload(container.replace("web:v1", "no-such-image:v9")) });
  const why = "jsonpath={.status.containerStatuses[0].state.waiting.reason}";
  await drydock.ok(["wait", "pods", "--all", "--for", why, "--timeout", "30"]);
  t.match(await drydock.ok(["get", "pods"]), /ErrImagePull|ImagePullBackOff/, "an unknown image shows in get");
  await drydock.ok(["delete", "workload", "bad"]);

  const greedy = container.replace(
    "image: drydock/web:v1\n",
    "image: drydock/web:v1\n        resources: {requests: {cpu: '9999'}}\n",
  );
  await drydock.ok(["apply", "-f", "-"], { input: workload(greedy).replace("name: bad", "name: greedy") });
  const pending = "jsonpath={.status.conditions[0].reason}=Unschedulable";
  await drydock
    .ok(["wait", "pods", "-l", "drydock.dev/pod-template-hash", "--for", pending, "--timeout", "30"])
    .catch(() => {});
  t.match(
    await drydock.ok(["events"]),
    /FailedScheduling[\s\S]*Insufficient cpu/,
    "why a pod is pending shows in events",
  );

  const { pid } = record.running.processes.etcd;
  process.kill(pid, "SIGSTOP");
  const silent = await drydock.run(["delete", "workload", "greedy"]);
  process.kill(pid, "SIGCONT");
  refused(t, silent, 4, /etcd does not answer/, /drydock status shows whether etcd comes back/, /API_UNAVAILABLE/);
  t.notMatch(silent.stderr, /gRPC|DEADLINE|UNAVAILABLE:|channel/i, "in words of ours");

  await writeFile(drydock.path("cluster.json"), "{");
  const down = await drydock.run(["down"]);
  t.match(down, { code: 0, stdout: /is down in .* removed .*processes in nodes/, stderr: /cluster\.json: not JSON/ });
  t.same(leftovers(drydock.dataDir), [], "all of it is found without the record");
});
