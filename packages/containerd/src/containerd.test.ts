/** The client against a real containerd of its own, with runc. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { type ContainerdEvent, type ContainerdProcess, connectContainerd } from "./index.ts";
import { ContainerdFixture, imageName, plainSpec, whyNoContainerd } from "./testing/containerd-fixture.ts";

const why = whyNoContainerd();
if (why) {
  t.plan(0, why);
  process.exit(0);
}

const fixture = await ContainerdFixture.start(t);
const client = await fixture.connect();
t.teardown(() => client.close());
await fixture.addImage(client);
const image = await client.images.get(imageName);
if (!image) throw new Error("the image was not added");
const { chainId } = image;

interface RunOptions {
  terminal?: boolean;
  stdin?: boolean;
}

async function run(id: string, command: string, options: RunOptions = {}): Promise<ContainerdProcess> {
  const { terminal = false, stdin = false } = options;
  const args = ["sh", "-c", command];
  await client.containers.create({ id, image: imageName, chainId, spec: () => plainSpec(args, { terminal }) });
  return client.tasks.start(id, { ioDirectory: join(fixture.directory, `io-${id}`), terminal, stdin });
}

async function text(stream: AsyncIterable<Buffer> | undefined): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += chunk;
  return all;
}

const sh = (command: string) => ({
  cwd: "/",
  args: ["sh", "-c", command],
  env: ["PATH=/bin"],
  user: { uid: 0, gid: 0 },
});
const exec = (id: string, command: string, options: RunOptions = {}) =>
  client.tasks.exec(id, {
    process: sh(command),
    terminal: options.terminal ?? false,
    stdin: options.stdin ?? false,
    ioDirectory: fixture.directory,
  });

t.test("an image: blobs, snapshots and name; all of it goes with the name, nothing before", async (t) => {
  const other = await fixture.connect("images");
  t.teardown(() => other.close());
  const blobs = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { info } of other.services.content.list({ filters: [] }))
      found.push(...info.map((one) => one.digest));
    return found.sort();
  };
  const snapshots = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { info } of other.services.snapshots.list({ snapshotter: "overlayfs", filters: [] })) {
      found.push(...info.map(({ name }) => name));
    }
    return found;
  };
  await fixture.addImage(other);
  await fixture.addImage(other, "example.test/other:1");
  t.same((await other.images.list()).map(({ name }) => name).sort(), [imageName, "example.test/other:1"]);
  const found = await other.images.get(imageName);
  t.equal(found?.config.Cmd?.[0], "httpd");
  t.equal(await other.images.get("example.test/none:1"), undefined);
  t.equal((await other.images.read(found?.digest ?? ""))?.chainId, found?.chainId);
  t.same(await other.services.leases.list({ filters: [] }), { leases: [] }, "leases are given back");
  await other.images.remove("example.test/other:1", { sync: true });
  t.equal((await blobs()).length, 4, "the manifest, the config and two layers are kept by the other name");
  t.equal((await snapshots()).length, 2);
  await other.images.remove(imageName, { sync: true });
  t.same([await blobs(), await snapshots()], [[], []], "collected");
  await other.images.remove(imageName);
});

t.test("streams, exit code, and nothing left", async (t) => {
  const process = await run("echo", "echo out; cat; echo err >&2; exit 3", { stdin: true });
  process.stdin.end("in\n");
  const [out, error, exit] = await Promise.all([text(process.stdout), text(process.stderr), process.exit]);
  t.same([out, error, exit], ["out\nin\n", "err\n", { code: 3 }]);
  t.match(await client.tasks.get("echo"), { status: "STOPPED", exitStatus: 3 });
  await client.containers.delete("echo");
  await client.containers.delete("echo");
  t.same([await client.tasks.get("echo"), await client.containers.get("echo")], [undefined, undefined]);
});

t.test("no byte is lost, however slowly one reads", async (t) => {
  const process = await run("flood", "yes 0123456789abcdef | head -c 20000000");
  const hash = createHash("sha256");
  let bytes = 0;
  let chunks = 0;
  for await (const chunk of process.stdout) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (chunks++ < 20) await sleep(20);
  }
  const line = Buffer.from("0123456789abcdef\n");
  const wanted = Buffer.alloc(20_000_000, line);
  t.same([bytes, hash.digest("hex")], [wanted.length, createHash("sha256").update(wanted).digest("hex")]);
  t.same(await process.exit, { code: 0 });
  await client.containers.delete("flood");
});

t.test("a terminal, resized", async (t) => {
  const process = await run("tty", "tty; read line; stty size; echo got $line", { terminal: true, stdin: true });
  t.equal(process.stderr, undefined);
  process.resize(91, 17);
  await sleep(200);
  process.stdin.write("hello\n");
  const out = await text(process.stdout);
  t.match(out, /\/dev\/(pts\/0|console)/);
  t.match(out, "17 91");
  t.match(out, "got hello");
  await client.containers.delete("tty");
});

t.test("exec: streams, exit codes, signals, terminal; nothing of it is left", async (t) => {
  await run("long", "exec sleep 1000");
  t.teardown(() => client.containers.delete("long"));
  const cat = await exec("long", "cat; echo err >&2; exit 4", { stdin: true });
  cat.stdin.end("one two");
  t.same(await Promise.all([text(cat.stdout), text(cat.stderr), cat.exit]), ["one two", "err\n", { code: 4 }]);
  const sleeper = await exec("long", "exec sleep 100");
  t.ok((await client.tasks.pids("long")).includes(sleeper.pid));
  sleeper.kill(15);
  t.same(await sleeper.exit, { code: 143 });
  const tty = await exec("long", "tty", { terminal: true });
  t.match(await text(tty.stdout), "/dev/pts/");
  await t.rejects(exec("none", "true"), { code: "CONTAINERD_NOT_FOUND" });
  await t.rejects(
    client.tasks.exec("long", {
      process: { ...sh(""), args: ["/none"] },
      terminal: false,
      stdin: false,
      ioDirectory: fixture.directory,
    }),
    { code: "CONTAINERD_FAILED", message: /no such file/ },
  );
  const abort = new AbortController();
  const aborted = await client.tasks.exec("long", {
    process: sh("exec sleep 100"),
    terminal: false,
    stdin: false,
    ioDirectory: fixture.directory,
    signal: abort.signal,
  });
  abort.abort();
  t.same(await aborted.exit, { code: 137 });
  for (const process of [sleeper, aborted]) process.stdout.resume();
  for (const process of [sleeper, aborted]) process.stderr?.resume();
  await until(() => readdirSync(fixture.directory).every((name) => !name.startsWith("exec-")));
});

t.test("two that delete the same", async (t) => {
  for (let round = 0; round < 5; round++) {
    const id = `both-${round}`;
    await (await run(id, "exit 0")).exit;
    await Promise.all([client.tasks.delete(id), client.tasks.delete(id), client.tasks.delete(id)]);
    t.equal(await client.tasks.get(id), undefined);
    await client.containers.delete(id);
  }
});

t.test("a start that fails leaves nothing running", async (t) => {
  const spec = () => plainSpec(["/none"]);
  await client.containers.create({ id: "none", image: imageName, chainId, spec });
  await t.rejects(client.containers.create({ id: "none", image: imageName, chainId, spec }), {
    code: "CONTAINERD_EXISTS",
  });
  const streams = { ioDirectory: join(fixture.directory, "io-none"), terminal: false, stdin: false };
  await t.rejects(client.tasks.start("none", streams), { message: /no such file/ });
  t.equal(await client.tasks.get("none"), undefined);
  await client.containers.delete("none");
  await t.rejects(
    client.containers.create({
      id: "bad",
      image: imageName,
      chainId,
      spec: () => Promise.reject(new Error("no spec")),
    }),
    { message: "no spec" },
  );
  t.equal(await client.containers.get("bad"), undefined);
  await t.rejects(client.services.snapshots.stat({ snapshotter: "overlayfs", key: "bad" }), {
    code: "CONTAINERD_NOT_FOUND",
  });
  await client.services.snapshots.prepare({ snapshotter: "overlayfs", key: "half", parent: chainId });
  await client.containers.create({ id: "half", image: imageName, chainId, spec });
  t.equal((await client.containers.get("half"))?.snapshotKey, "half", "a root that a crash left is made anew");
  await client.containers.delete("half");
});

t.test("events begin at once and are those of this namespace", async (t) => {
  const abort = new AbortController();
  const seen: ContainerdEvent[] = [];
  const events = await client.subscribe(abort.signal);
  const reading = (async () => {
    for await (const event of events) seen.push(event);
  })();
  const process = await run("event", "exit 5");
  await process.exit;
  await until(() => seen.some(({ topic }) => topic === "/tasks/exit"));
  await client.containers.delete("event");
  await until(() => seen.some(({ topic }) => topic === "/containers/delete"));
  abort.abort();
  await reading;
  t.match(
    seen.find(({ topic }) => topic === "/tasks/exit"),
    { event: { containerId: "event", id: "event", exitStatus: 5 } },
  );
  t.match(seen.map(({ topic }) => topic)[0], "/containers/create");
  await t.rejects(client.subscribe(AbortSignal.abort()), { name: "AbortError" });
});

t.test("containerd is killed: its containers, their output and our waiting go on", async (t) => {
  const process = await run("survivor", "echo before; read line; echo after $line; exit 7", { stdin: true });
  const events = await client.subscribe(new AbortController().signal);
  const reading = (async () => {
    for await (const _ of events);
  })();
  const broken = t.rejects(reading, { code: "CONTAINERD_UNREACHABLE" });
  await fixture.kill();
  await broken;
  await t.rejects(client.version(), { code: "CONTAINERD_UNREACHABLE", hint: /start containerd/ });
  await t.rejects(connectContainerd({ socket: fixture.daemon.socket, namespace: "x" }), {
    code: "CONTAINERD_UNREACHABLE",
  });
  t.match(readFileSync(`/proc/${process.pid}/comm`, "utf8"), "sh");
  await fixture.restart();
  t.equal((await client.tasks.get("survivor"))?.status, "RUNNING");
  process.stdin.write("again\n");
  t.same(await Promise.all([text(process.stdout), process.exit]), ["before\nafter again\n", { code: 7 }]);
  await client.containers.delete("survivor");
});

t.test("calls can be given up", async (t) => {
  await run("waits", "exec sleep 1000");
  t.teardown(() => client.containers.delete("waits"));
  const abort = new AbortController();
  const waiting = client.tasks.wait("waits", abort.signal);
  setTimeout(() => abort.abort(new Error("enough")), 20);
  await t.rejects(waiting, { message: "enough" });
  await t.rejects(client.services.tasks.wait({ containerId: "waits" }, { timeoutMs: 50 }), {
    code: "CONTAINERD_TIMEOUT",
  });
  await t.rejects(client.tasks.wait("nobody"), { code: "CONTAINERD_NOT_FOUND" });
  await client.tasks.kill("waits", 9, { all: true });
  t.match(await client.tasks.wait("waits"), { code: 137 });
});

async function until(condition: () => boolean, ms = 5_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("did not come true in time");
    await sleep(10);
  }
}
