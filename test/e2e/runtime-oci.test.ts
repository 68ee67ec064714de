/** The OCI command line as managers of containers call it (go-runc, conmon, docker): options, files, and what they parse. */
import { spawn } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { controllersOf, findCgroup2 } from "@drydock/linux";
import { defaultConfig, type RuntimeConfig } from "@drydock/runtime";
import t from "tap";
import { type Outcome, outcomeOf } from "./cli/drydock.ts";

// Each command boots Node, on a machine that may be busy.
t.setTimeout(240_000);
const launcher = resolve(import.meta.dirname, "../../bin/drydock-runtime");
const directory = mkdtempSync(join(tmpdir(), "drydock-runtime-oci-"));
const stateDir = join(directory, "state");
const log = join(directory, "log.json");
const unique = directory.slice(-6);
t.teardown(async () => {
  const { stdout } = await runtime("list", "-q");
  for (const id of stdout.split("\n").filter(Boolean)) await runtime("delete", "--force", id);
  rmSync(directory, { recursive: true, force: true });
});

type Stdio = ("pipe" | "ignore" | number)[];

function start(args: readonly string[], stdio: Stdio = ["ignore", "pipe", "pipe"]) {
  return spawn(launcher, ["--root", stateDir, "--log", log, "--log-format", "json", ...args], { stdio });
}

function runtime(...args: string[]): Promise<Outcome> {
  return outcomeOf(start(args));
}

/** Commands whose streams the container gets: into files, since they stay open. */
async function quietly(name: string, ...args: string[]): Promise<{ code: number; output: () => string }> {
  const path = join(directory, `${name}.out`);
  const file = openSync(path, "a");
  const { code } = await outcomeOf(start(args, ["ignore", file, file]));
  closeSync(file);
  return { code, output: () => readFileSync(path, "utf8") };
}

function bundle(name: string, script: string, change: (config: RuntimeConfig) => void = () => {}): string {
  const path = join(directory, name);
  const bin = join(path, "rootfs/bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync("/bin/busybox", join(bin, "busybox"));
  for (const applet of ["sh", "sleep", "cat", "id"]) symlinkSync("busybox", join(bin, applet));
  const config = defaultConfig(["sh", "-c", script]);
  change(config);
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  return path;
}

const idOf = (name: string): string => `${name}-${unique}`;
const lastLog = () => JSON.parse(readFileSync(log, "utf8").trim().split("\n").at(-1) ?? "{}");
const stateOf = async (id: string) => JSON.parse((await runtime("state", id)).stdout);

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("did not come true in time");
    await new Promise((done) => setTimeout(done, 20));
  }
}

t.test("create, state, start, exec --process --detach, kill, delete", async (t) => {
  const id = idOf("life");
  const path = bundle("life", "echo started; exec sleep 1000", (config) => {
    config.annotations = { a: "b" };
  });
  const pidFile = join(directory, "life.pid");
  const created = await quietly("life", "create", "--bundle", path, "--pid-file", pidFile, id);
  t.equal(created.code, 0);
  const state = await stateOf(id);
  t.same(Object.keys(state).slice(0, 9), [
    "ociVersion",
    "id",
    "pid",
    "status",
    "bundle",
    "rootfs",
    "created",
    "annotations",
    "owner",
  ]);
  t.match(state, { id, status: "created", bundle: path, rootfs: join(path, "rootfs"), annotations: { a: "b" } });
  t.equal(readFileSync(pidFile, "utf8"), String(state.pid), "without a newline");
  t.equal(created.output(), "");
  t.match(await runtime("delete", id), { code: 6 });
  t.match(await runtime("start", id), { code: 0, stdout: "", stderr: "" });
  await until(() => created.output() === "started\n");
  t.match(await stateOf(id), { status: "running", pid: state.pid });
  t.match(JSON.parse((await runtime("list", "--format", "json")).stdout), [{ id, status: "running", bundle: path }]);

  const process = join(directory, "process.json");
  writeFileSync(
    process,
    JSON.stringify({
      cwd: "/",
      args: ["sh", "-c", "id -u; exec sleep 1000"],
      env: ["PATH=/bin"],
      user: { uid: 7, gid: 8 },
    }),
  );
  const execPid = join(directory, "exec.pid");
  const exec = await quietly("exec", "exec", "--process", process, "--detach", "--pid-file", execPid, id);
  t.equal(exec.code, 0);
  await until(() => exec.output() === "7\n");
  const pids = JSON.parse((await runtime("ps", "--format", "json", id)).stdout);
  t.same(pids, [state.pid, Number(readFileSync(execPid, "utf8"))]);

  t.equal((await runtime("pause", id)).code, 0);
  t.match(await stateOf(id), { status: "paused" });
  t.equal((await runtime("resume", id)).code, 0);
  t.equal((await runtime("kill", "--all", id, "KILL")).code, 0);
  await until(async () => (await stateOf(id)).status === "stopped");
  t.match(await stateOf(id), { pid: 0 });
  t.equal((await runtime("delete", id)).code, 0);
});

t.test("what goes wrong is in the log, in the words that callers look for", async (t) => {
  const nobody = idOf("nobody");
  for (const args of [["state"], ["kill"], ["exec", "--detach", "--process", join(directory, "process.json")]]) {
    const outcome = await runtime(...args, nobody);
    t.match(outcome, { code: 3, stderr: /container does not exist/ });
    t.match(lastLog(), { level: "error", msg: /container does not exist/, time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ });
  }
  const id = idOf("ended");
  const path = bundle("ended", "exit 3");
  await quietly("ended", "create", "--bundle", path, id);
  await runtime("start", id);
  await until(async () => (await stateOf(id)).status === "stopped");
  t.match(await runtime("kill", id, "TERM"), { code: 6, stderr: /container not running/ });
  t.equal((await runtime("delete", id)).code, 0);

  const missing = bundle("missing", "true", (config) => {
    config.process.args = ["/none"];
  });
  await quietly("missing", "create", "--bundle", missing, id);
  t.equal((await runtime("start", id)).code, 1);
  t.match(lastLog(), { level: "error", msg: /execve\("\/none"\) = ENOENT/ });
  await runtime("delete", "--force", id);
  t.equal((await runtime("delete", "--force", id)).code, 0, "one that is not there is no error with force");

  const text = join(directory, "log.txt");
  const child = spawn(launcher, ["--root", stateDir, "--debug", "--log", text, "state", nobody], { stdio: "ignore" });
  await outcomeOf(child);
  t.match(readFileSync(text, "utf8"), /^time="[^"]+" level=error msg="container does not exist/);
});

t.test("options that are refused say so", async (t) => {
  const path = bundle("refused", "true", ({ process }) => {
    process.terminal = true;
  });
  const refused = async (wanted: RegExp, ...args: string[]) =>
    t.match(await runtime(...args), { code: 2, stderr: wanted });
  await refused(/--systemd-cgroup.*\n.*cgroupfs/, "--systemd-cgroup", "create", "--bundle", path, idOf("x"));
  await refused(/--no-pivot/, "create", "--no-pivot", "--console-socket", "/none", "--bundle", path, idOf("x"));
  await refused(/nobody would hold the other side/, "create", "--bundle", path, idOf("x"));
  await refused(/--console-socket: \/none/, "create", "--console-socket", "/none", "--bundle", path, idOf("x"));
  await refused(
    /descriptor 3 is not open/,
    "create",
    "--preserve-fds",
    "1",
    "--console-socket",
    "/none",
    "--bundle",
    path,
    idOf("x"),
  );
  await refused(/--log-format: "xml"/, "--log-format", "xml", "list");
  t.equal((await runtime("list", "-q")).stdout, "");
});

t.test("--preserve-fds: the caller's descriptors 3 and 4 are the container's, and no other", async (t) => {
  const id = idOf("fds");
  const path = bundle("fds", "cat <&3; cat <&4; ls /proc/self/fd; read line <&5", () => {});
  symlinkSync("busybox", join(path, "rootfs/bin/ls"));
  const files = ["three", "four", "five"].map((name) => {
    writeFileSync(join(directory, name), `${name}\n`);
    return openSync(join(directory, name), "r");
  });
  const output = join(directory, "fds.out");
  const file = openSync(output, "a");
  const child = start(["create", "--preserve-fds", "2", "--bundle", path, id], ["ignore", file, file, ...files]);
  t.equal((await outcomeOf(child)).code, 0);
  await runtime("start", id);
  await until(async () => (await stateOf(id)).status === "stopped");
  // The last one is that of ls itself, on /proc/self/fd.
  t.match(readFileSync(output, "utf8"), /^three\nfour\n0\n1\n2\n3\n4\n5\n.*(bad|Bad) file descriptor/s);
  await runtime("delete", id);

  const exec = join(directory, "exec-fds.out");
  const second = openSync(exec, "a");
  const long = bundle("fds-long", "exec sleep 1000");
  await quietly("fds-long", "create", "--bundle", long, id);
  await runtime("start", id);
  const process = JSON.stringify({ cwd: "/", args: ["sh", "-c", "cat <&3"], env: ["PATH=/bin"] });
  writeFileSync(join(directory, "cat.json"), process);
  const again = openSync(join(directory, "three"), "r");
  const entering = start(
    ["exec", "--detach", "--preserve-fds", "1", "--process", join(directory, "cat.json"), id],
    ["ignore", second, second, again],
  );
  t.equal((await outcomeOf(entering)).code, 0);
  await until(() => readFileSync(exec, "utf8") === "three\n");
  for (const fd of [...files, file, second, again]) closeSync(fd);
  await runtime("delete", "--force", id);
});

t.test("events, update, features, version", async (t) => {
  const id = idOf("stats");
  await quietly("stats", "create", "--bundle", bundle("stats", "exec sleep 1000"), id);
  await runtime("start", id);
  const stats = JSON.parse((await runtime("events", "--stats", id)).stdout);
  t.match(stats, {
    type: "stats",
    id,
    data: { cpu: { usage: { kernel: Number, user: Number } }, memory: { usage: {} }, pids: {} },
  });
  t.same(Object.keys(stats.data), [
    "cpu",
    "cpuset",
    "memory",
    "pids",
    "blkio",
    "hugetlb",
    "intel_rdt",
    "network_interfaces",
  ]);

  const following = start(["events", "--interval", "100ms", id]);
  const ended = outcomeOf(following, 200_000);
  let lines = "";
  following.stdout?.on("data", (chunk: Buffer) => {
    lines += chunk;
  });
  await until(() => lines.split("\n").length > 3);
  await runtime("kill", id, "KILL");
  t.equal((await ended).code, 0, "it ends with the container");
  await runtime("delete", id);

  const features = JSON.parse((await runtime("features")).stdout);
  t.match(features, {
    ociVersionMin: "1.0.0",
    ociVersionMax: /^1\./,
    linux: { seccomp: { enabled: true }, cgroup: { v2: true } },
  });
  t.ok(features.hooks.includes("createContainer") && features.mountOptions.includes("rbind"));
  t.notOk(features.mountOptions.includes("remount"));
  t.match((await outcomeOf(spawn(launcher, ["--version"]))).stdout, /^drydock-runtime version \d.*\nspec: 1\./);
});

t.test("update puts limits into force", async (t) => {
  const id = idOf("limits");
  await quietly("limits", "create", "--bundle", bundle("limits", "exec sleep 1000"), id);
  await runtime("start", id);
  t.match(await runtime("update", id), { code: 2, stderr: /no limit was given/ });
  t.match(await runtime("update", "--memory", "lots", id), { code: 2, stderr: /"lots" is not a number/ });
  const child = start(["update", "--resources", "-", id], ["pipe", "pipe", "pipe"]);
  child.stdin?.end(JSON.stringify({ pids: { limit: 17 } }));
  const outcome = await outcomeOf(child);
  const stats = JSON.parse((await runtime("events", "--stats", id)).stdout);
  if (outcome.code === 0) {
    t.equal(stats.data.pids.limit, 17);
    t.equal((await runtime("update", "--pids-limit", "19", id)).code, 0);
    t.equal(JSON.parse((await runtime("events", "--stats", id)).stdout).data.pids.limit, 19);
  } else {
    t.notOk(controllersOf(findCgroup2()).includes("pids"), outcome.stderr);
    t.match(outcome.stderr, /pids/);
  }
  await runtime("delete", "--force", id);
});

t.test(
  "create is killed while a hook runs: what is left is seen, cannot be started, and is removed by force",
  async (t) => {
    const id = idOf("cut");
    const path = bundle("cut", "true", (config) => {
      // Its parent is the command itself.
      config.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", "kill -9 $PPID"] }] };
    });
    const { code } = await quietly("cut", "create", "--bundle", path, id);
    t.equal(code, 137);
    const { status, pid } = await stateOf(id);
    t.equal(status, "creating");
    t.match(await runtime("start", id), { code: 6, stderr: /is creating, not created/ });
    t.match(await runtime("delete", id), { code: 6 });
    t.equal((await runtime("delete", "--force", id)).code, 0);
    await until(() => !existsSync(`/proc/${pid}`));
    t.notOk(existsSync(join(findCgroup2(), "drydock", id)), "and its cgroup");
    t.equal((await runtime("list", "-q")).stdout, "");
  },
);

t.test("completion offers the containers", async (t) => {
  const id = idOf("offered");
  await quietly("offered", "create", "--bundle", bundle("offered", "true"), id);
  const complete = (...words: string[]) =>
    outcomeOf(spawn(resolve(launcher, "../../drydock"), ["__complete", "--", "runtime", "--root", stateDir, ...words]));
  t.equal((await complete("kill", "offe")).stdout, `${id}\tcreated\n`);
  t.equal((await complete("create", "offe")).stdout, "");
  await runtime("delete", "--force", id);
});
