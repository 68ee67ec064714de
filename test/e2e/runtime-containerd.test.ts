/** A real containerd runs containers on bin/drydock-runtime in place of runc: by ctr, as its users type it, and by its API. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ContainerdClient,
  type ContainerdProcess,
  connectContainerd,
  emptyContainerd,
  startContainerd,
} from "@drydock/containerd";
import { controllersOf, findHierarchies, removeCgroup } from "@drydock/linux";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import t from "tap";
import { type Outcome, outcomeOf } from "./cli/drydock.ts";

const missing = ["containerd", "ctr"].find((program) => spawnSync(program, ["--version"]).error);
if (missing !== undefined || process.getuid?.() !== 0) {
  t.plan(
    0,
    missing === undefined ? "containerd needs root" : `${missing} is not installed (apt-get install containerd)`,
  );
  process.exit(0);
}

// Each operation boots Node twice or more, on a machine that may be busy.
t.setTimeout(300_000);
const binary = resolve(import.meta.dirname, "../../bin/drydock-runtime");
const imageName = "example.test/busybox:1";
const directory = await mkdtemp(join(tmpdir(), "ddr-"));
t.teardown(() => rm(directory, { recursive: true, force: true }));
const daemon = await startContainerd({ directory });
const stateDir = join(directory, "runc", "test");
const parentCgroup = `drydock-test-${directory.slice(-6)}`;
const client = await connectContainerd({
  socket: daemon.socket,
  namespace: "test",
  runtime: { ...daemon.runtime, binaryName: binary },
});
t.teardown(async () => {
  client.close();
  await emptyContainerd(daemon.socket);
  await daemon.close();
  for (const one of cgroups()) removeCgroup(one);
});
const chainId = await addImage(client);

async function addImage({ images }: ContainerdClient): Promise<string> {
  const store = await openImageStore({ directory: join(directory, "images") });
  const tar = join(directory, "busybox.tar");
  await buildBusyboxImage({ busybox: "/bin/busybox", output: tar, name: imageName, version: "1" });
  const image = await store.import(tar, imageName);
  await store.withContent(image, (content) => images.add({ name: imageName, content, diffIds: image.diffIds }));
  const added = await images.get(imageName);
  if (!added) throw new Error("the image was not added");
  return added.chainId;
}

/** The containers' cgroups, in every hierarchy that this host has. */
function cgroups(): string[] {
  const mounts = ["", ...readdirSync("/sys/fs/cgroup")].map((name) => join("/sys/fs/cgroup", name, parentCgroup));
  return mounts.filter((path) => existsSync(path));
}

function hasMemoryController(): boolean {
  const { unified, legacy } = findHierarchies();
  return legacy.memory !== undefined || (unified !== undefined && controllersOf(unified).includes("memory"));
}

/** ctr as a user types it. */
function ctr(...args: string[]): Promise<Outcome> {
  const child = spawn("ctr", ["-a", daemon.socket, "-n", "test", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  return outcomeOf(child, 120_000);
}

function ctrRun(id: string, flags: string[], ...command: string[]): Promise<Outcome> {
  const place = ["--runc-binary", binary, "--runc-root", join(directory, "runc"), "--cgroup", `/${parentCgroup}/${id}`];
  return ctr("run", ...flags, ...place, imageName, id, ...command);
}

interface RunOptions {
  terminal?: boolean;
  stdin?: boolean;
  change?: (spec: Spec) => void;
}

/** What we change of a runtime-spec configuration. */
interface Spec {
  linux: { resources?: object; namespaces: object[]; cgroupsPath: string };
  [field: string]: unknown;
}

function specOf(id: string, args: string[], { terminal = false }: RunOptions): Spec {
  const capabilities = ["CAP_KILL", "CAP_CHOWN"];
  return {
    ociVersion: "1.0.2",
    process: {
      terminal,
      user: { uid: 0, gid: 0 },
      cwd: "/",
      args,
      env: ["PATH=/bin", "TERM=xterm"],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: "rootfs" },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      { destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666"] },
    ],
    linux: {
      cgroupsPath: `/${parentCgroup}/${id}`,
      namespaces: ["pid", "mount", "network", "uts", "ipc"].map((type) => ({ type })),
    },
  };
}

async function run(id: string, script: string, options: RunOptions = {}): Promise<ContainerdProcess> {
  const { terminal = false, stdin = false } = options;
  const spec = specOf(id, ["sh", "-c", script], options);
  options.change?.(spec);
  await client.containers.create({ id, image: imageName, chainId, spec: () => spec });
  return client.tasks.start(id, { ioDirectory: join(directory, `io-${id}`), terminal, stdin });
}

function exec(id: string, script: string, { terminal = false, stdin = false }: RunOptions = {}) {
  const process = { cwd: "/", args: ["sh", "-c", script], env: ["PATH=/bin"], user: { uid: 0, gid: 0 } };
  return client.tasks.exec(id, { process, terminal, stdin, ioDirectory: directory });
}

async function text(stream: AsyncIterable<Buffer> | undefined): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += chunk;
  return all;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("did not come true in time");
    await sleep(20);
  }
}

t.test("ctr run, exec, pause, resume, kill, rm", async (t) => {
  t.match(await ctrRun("once", ["--rm"], "sh", "-c", "echo hello; echo oops >&2; exit 3"), {
    code: 3,
    stdout: "hello\n",
    stderr: /oops/,
  });
  t.equal((await ctrRun("long", ["-d", "--null-io"], "sleep", "1000")).code, 0);
  t.match((await ctr("tasks", "ls")).stdout, /long +\d+ +RUNNING/);
  t.match(await ctr("tasks", "exec", "--exec-id", "e1", "long", "sh", "-c", "id -u; exit 4"), {
    code: 4,
    stdout: "0\n",
  });
  t.equal((await ctr("tasks", "pause", "long")).code, 0);
  t.match((await ctr("tasks", "ls")).stdout, /long +\d+ +PAUSED/);
  t.equal((await ctr("tasks", "resume", "long")).code, 0);
  t.match((await ctr("tasks", "ls")).stdout, /long +\d+ +RUNNING/);
  t.equal((await ctr("tasks", "kill", "-s", "SIGKILL", "long")).code, 0);
  await until(async () => /long +\d+ +STOPPED/.test((await ctr("tasks", "ls")).stdout));
  await ctr("tasks", "rm", "long");
  t.equal((await ctr("containers", "rm", "long")).code, 0);
  t.same(readdirSync(stateDir), [], "nothing is left");
});

t.test("streams and exit code; its parent is containerd's shim, and nothing of ours stays beside it", async (t) => {
  const process = await run("echo", "echo out; cat; echo err >&2; exit 3", { stdin: true });
  const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${process.pid}/status`, "utf8"))?.[1];
  t.match(readFileSync(`/proc/${parent}/cmdline`, "utf8"), /containerd-shim/);
  process.stdin.end("in\n");
  const [out, error, exit] = await Promise.all([text(process.stdout), text(process.stderr), process.exit]);
  t.same([out, error, exit], ["out\nin\n", "err\n", { code: 3 }]);
  await client.containers.delete("echo");
  t.same(readdirSync(stateDir), [], "nothing is left");
});

t.test("a terminal, resized; exec with streams, signals and a terminal", async (t) => {
  const tty = await run(
    "tty",
    "tty; test -c /dev/console && echo console; read line; stty size; echo got $line; exec sleep 1000",
    {
      terminal: true,
      stdin: true,
    },
  );
  t.teardown(() => client.containers.delete("tty"));
  let screen = "";
  tty.stdout.on("data", (chunk: Buffer) => {
    screen += chunk;
  });
  await until(() => /\/dev\/(pts\/0|console)\r\nconsole\r\n/.test(screen));
  tty.resize(91, 17);
  await until(async () => (await text((await exec("tty", "stty size < /dev/console")).stdout)) === "17 91\n");
  tty.stdin.write("hello\n");
  await until(() => /17 91\r\ngot hello/.test(screen));

  const cat = await exec("tty", "cat; echo err >&2; exit 4", { stdin: true });
  cat.stdin.end("one two");
  t.same(await Promise.all([text(cat.stdout), text(cat.stderr), cat.exit]), ["one two", "err\n", { code: 4 }]);
  const sleeper = await exec("tty", "exec sleep 100");
  t.ok((await client.tasks.pids("tty")).includes(sleeper.pid));
  sleeper.kill(15);
  t.same(await sleeper.exit, { code: 143 });
  const inner = await exec("tty", "tty; exit 5", { terminal: true });
  t.match(await text(inner.stdout), "/dev/pts/1");
  t.same(await inner.exit, { code: 5 });
  await client.tasks.kill("tty", 9, { all: true });
  t.match(await client.tasks.wait("tty"), { code: 137 });
});

t.test("limits and a seccomp filter, as containerd asks for them", async (t) => {
  const { code, stdout } = await ctrRun("filtered", ["--rm", "--seccomp"], "grep", "Seccomp:", "/proc/self/status");
  t.match({ code, stdout }, { code: 0, stdout: /Seccomp:\t2/ });
  const process = await run("limited", "exec sleep 1000", {
    change: ({ linux }) => {
      linux.resources = { memory: { limit: 64 * 2 ** 20 } };
    },
  });
  t.teardown(() => client.containers.delete("limited"));
  const limits = cgroups().flatMap((cgroup) =>
    ["memory.max", "memory.limit_in_bytes"]
      .map((file) => join(cgroup, "limited", file))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, "utf8").trim()),
  );
  t.same(limits, hasMemoryController() ? [String(64 * 2 ** 20)] : [], `of process ${process.pid}`);
});

t.test("what cannot be started says why, and leaves nothing", async (t) => {
  const spec = specOf("none", ["/none"], {});
  await client.containers.create({ id: "none", image: imageName, chainId, spec: () => spec });
  const streams = { ioDirectory: join(directory, "io-none"), terminal: false, stdin: false };
  await t.rejects(client.tasks.start("none", streams), { message: /execve.*"\/none".*no such file/ });
  await client.containers.delete("none");
  t.same(containersIn(stateDir), []);
});

t.test("many at once", async (t) => {
  const ids = Array.from({ length: 6 }, (_, index) => `many-${index}`);
  const codes = await Promise.all(
    ids.map(async (id, index) => {
      const process = await run(id, `echo ${id}; exit ${index}`);
      const out = await text(process.stdout);
      const { code } = await process.exit;
      await client.containers.delete(id);
      return [out, code];
    }),
  );
  t.same(
    codes,
    ids.map((id, index) => [`${id}\n`, index]),
  );
  t.same(containersIn(stateDir), []);
});

/** What the runtime keeps of containers. Compiled seccomp filters stay there for the next one. */
function containersIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name !== ".filters");
}
