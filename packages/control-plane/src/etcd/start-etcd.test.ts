import { spawn } from "node:child_process";
import { chmod, mkdir, open, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DrydockError, runCommand } from "@drydock/kit";
import t from "tap";
import { ensurePki } from "../pki/ensure-pki.ts";
import { openStore } from "../store/open-store.ts";
import { temporaryDirectory, temporaryEtcd } from "./fixtures/temporary-etcd.ts";
import { isHealthy } from "./health.ts";
import { stopRecordedEtcd } from "./pid-file.ts";
import { endProcess, identifyProcess, isRunning } from "./process-identity.ts";
import { type StartEtcdOptions, startEtcd } from "./start-etcd.ts";

/** A directory and certificates, and a way to start etcd there that does not outlive the test. */
async function place(t: { teardown(end: () => unknown): void }) {
  const directory = await temporaryDirectory(t);
  const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
  const dataDir = join(directory, "etcd");
  const start = async (options: Partial<StartEtcdOptions> = {}) => {
    const etcd = await startEtcd({ dataDir, pki, unsafeNoFsync: true, ...options });
    t.teardown(() => etcd.close());
    return etcd;
  };
  return { directory, dataDir, pki, start };
}

t.test("starts, keeps its data over restarts, and stops", async (t) => {
  const { dataDir, start } = await place(t);
  const started = performance.now();
  const etcd = await start();
  t.comment(`ready after ${Math.round(performance.now() - started)} ms`);
  t.match(etcd.version, /^3\.\d+\.\d+$/);
  t.equal((await stat(dataDir)).mode & 0o777, 0o700);
  t.equal((await stat(join(dataDir, "data"))).mode & 0o777, 0o700);
  const store = openStore({ endpoints: etcd.endpoints, tls: etcd.clientTls });
  const revision = await store.create("/kept", Buffer.from("yes"));
  await store.close();

  const identity = await identifyProcess(etcd.pid);
  await etcd.close();
  await etcd.close();
  t.equal(identity && (await isRunning(identity)), false);
  t.strictSame((await readdir(dataDir)).sort(), ["data", "etcd.log"], "no pid file is left");

  const again = await start();
  const reopened = openStore({ endpoints: again.endpoints, tls: again.clientTls });
  t.equal((await reopened.get("/kept"))?.modRevision, revision);
  await reopened.close();
});

t.test("only the API server's certificate is let in", async (t) => {
  const { etcd, pki } = await temporaryEtcd(t);
  const [endpoint] = etcd.endpoints as [string];
  t.ok(await isHealthy(endpoint, etcd.clientTls));
  t.notOk(await isHealthy(endpoint, { ...pki.certificates.admin, ca: pki.etcdCa.cert }), "an API client");
  const without = openStore({
    endpoints: etcd.endpoints,
    tls: { ...pki.certificates.admin, ca: pki.etcdCa.cert },
    timeoutMs: 400,
  });
  t.teardown(() => without.close());
  await t.rejects(without.get("/"), { code: "STORE_UNAVAILABLE" });
  // Every socket that it listens on is on loopback.
  const sockets = await runCommand("ss", ["-Hltnp"]).catch(() => "");
  const ours = sockets.split("\n").filter((line) => line.includes(`pid=${etcd.pid},`));
  t.ok(ours.every((line) => /\s127\.0\.0\.1:\d+\s/.test(line)));
});

t.test("what can be wrong before it starts", async (t) => {
  const { directory, dataDir, start } = await place(t);
  await t.rejects(start({ program: "etcd-that-is-not-there" }), {
    code: "ETCD_MISSING",
    hint: /apt-get install -y etcd-server/,
  });
  const old = join(directory, "etcd-old");
  await writeFile(old, "#!/bin/sh\necho 'etcd Version: 3.3.25'\n");
  await chmod(old, 0o755);
  await t.rejects(start({ program: old }), { code: "ETCD_VERSION" });

  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  await t.rejects(start({ clientPort: port }), { code: "ETCD_PORT_TAKEN", details: { port } });
  await t.rejects(start({ peerPort: port }), { code: "ETCD_PORT_TAKEN", details: { port } });

  const running = await start();
  await t.rejects(start(), { code: "ETCD_ALREADY_RUNNING", details: { pid: running.pid } });
  await rm(join(dataDir, "etcd.pid"));
  await t.rejects(start(), { code: "ETCD_ALREADY_RUNNING", details: { pid: running.pid } }, "found by its lock alone");
  t.ok(await isHealthy(running.endpoints[0] as string, running.clientTls), "the other one is not disturbed");

  await writeFile(join(directory, "file"), "");
  await t.rejects(start({ dataDir: join(directory, "file") }), { code: "ETCD_DATA_CORRUPT" });
  const mute = join(directory, "etcd-mute");
  await writeFile(mute, '#!/bin/sh\n[ "$1" = --version ] && exec etcd --version\nexec sleep 600\n');
  await chmod(mute, 0o755);
  await t.rejects(start({ dataDir: join(directory, "slow"), program: mute, startTimeoutMs: 50 }), {
    code: "ETCD_START_FAILED",
    message: /50 ms/,
  });
});

t.test("damaged data are named and left alone", async (t) => {
  const { dataDir, start } = await place(t);
  const etcd = await start();
  const store = openStore({ endpoints: etcd.endpoints, tls: etcd.clientTls });
  for (let i = 0; i < 20; i++) await store.create(`/${i}`, Buffer.from("x"));
  await store.close();
  process.kill(etcd.pid, "SIGKILL");
  await t.rejects(etcd.failed, { code: "ETCD_STOPPED" });

  const database = join(dataDir, "data/member/snap/db");
  const wal = join(dataDir, "data/member/wal");
  const [log] = (await readdir(wal)).filter((name) => name.endsWith(".wal")) as [string];
  const damages: Record<string, () => Promise<unknown>> = {
    "a database of garbage": async () => writeFile(database, Buffer.alloc(16_384, "garbage")),
    "a database that was cut off": async () => truncate(database, 5_000),
    "a log of garbage": async () => overwrite(join(wal, log), Buffer.alloc(4_096, "garbage")),
    "an empty log": async () => writeFile(join(wal, log), ""),
    "no log": async () => rm(join(wal, log)),
  };
  const copy = join(dataDir, "../copy");
  await runCommand("cp", ["-a", join(dataDir, "data"), copy]);
  for (const [name, damage] of Object.entries(damages)) {
    await damage();
    const before = await inventory(dataDir);
    const error = await start().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    t.match(error, { code: "ETCD_DATA_CORRUPT" }, name);
    if (error instanceof DrydockError) t.match(error.message, join(dataDir, "data"), "the path is named");
    t.strictSame(await inventory(dataDir), before, "nothing was removed");
    await rm(join(dataDir, "data"), { recursive: true });
    await runCommand("cp", ["-a", copy, join(dataDir, "data")]);
  }
  const whole = await start();
  const reopened = openStore({ endpoints: whole.endpoints, tls: whole.clientTls });
  t.equal((await reopened.list("/")).items.length, 20, "the copy was good");
  await reopened.close();
});

async function overwrite(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, "r+");
  await file.write(bytes, 0, bytes.length, 0);
  await file.close();
}

/** Names and sizes of the data files. (Opening its database, etcd writes pages of its own before it reads the log.) */
async function inventory(dataDir: string): Promise<string[]> {
  const names = (await readdir(join(dataDir, "data"), { recursive: true })).filter((name) => !name.endsWith(".tmp"));
  return Promise.all(
    names.sort().map(async (name) => {
      const found = await stat(join(dataDir, "data", name));
      return `${name} ${found.isDirectory() ? "" : found.size}`;
    }),
  );
}

t.test("it ends when it is killed, and says so; what it left is cleared by the next start", async (t) => {
  const { start } = await place(t);
  const etcd = await start();
  process.kill(etcd.pid, "SIGKILL");
  await t.rejects(etcd.failed, { code: "ETCD_STOPPED", message: /was killed by SIGKILL/ });
  await start();
});

t.test("its parent is killed", async (t) => {
  const { directory, dataDir } = await place(t);
  const module = (name: string): string => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
  const script = `import { startEtcd } from ${module("start-etcd.ts")};
    import { ensurePki } from ${module("../pki/ensure-pki.ts")};
    const pki = await ensurePki(${JSON.stringify(join(directory, "pki"))}, { hosts: [] });
    console.log((await startEtcd({ dataDir: ${JSON.stringify(dataDir)}, pki, unsafeNoFsync: true })).pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", 2] });
  t.teardown(() => parent.kill("SIGKILL"));
  if (!parent.stdout) throw new Error("no output");
  const lines = createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
  const identity = await identifyProcess(Number((await lines.next()).value));
  if (!identity) throw new Error("etcd does not run");
  t.teardown(() => endProcess(identity, 0));
  parent.kill("SIGKILL");
  const deadline = Date.now() + 3_000;
  while ((await isRunning(identity)) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  t.notOk(await isRunning(identity), "it has followed its parent");
  t.equal(await stopRecordedEtcd(dataDir), false, "there is nothing left to stop");
  t.notOk((await readdir(dataDir)).includes("etcd.pid"));
});

t.test("an etcd that was left behind is stopped by its record, and only that one", async (t) => {
  const { dataDir, start } = await place(t);
  const etcd = await start();
  t.equal(await stopRecordedEtcd(dataDir), true);
  await t.rejects(etcd.failed, { code: "ETCD_STOPPED" });

  // The same number, another process: a sleeper that must live.
  await mkdir(dataDir, { recursive: true });
  const sleeper = spawn("sleep", ["60"]);
  t.teardown(() => sleeper.kill("SIGKILL"));
  const identity = await identifyProcess(sleeper.pid as number);
  await writeFile(join(dataDir, "etcd.pid"), JSON.stringify({ ...identity, startTime: "1" }));
  t.equal(await stopRecordedEtcd(dataDir), false);
  t.ok(identity && (await isRunning(identity)));
  await writeFile(join(dataDir, "etcd.pid"), "garbage");
  t.equal(await stopRecordedEtcd(dataDir), false);
});
