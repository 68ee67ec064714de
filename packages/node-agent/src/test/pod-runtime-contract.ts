import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import type { ContainerSpec, NodeRuntime, ObservedContainer, SandboxSpec } from "../port/pod-runtime.ts";

export interface ContractSubject {
  /** An image with a shell. */
  image: string;
  directory: string;
  /** Opens the runtime anew, as an agent does that was restarted; `open` has been called on it. */
  reopen(): Promise<NodeRuntime>;
}

/** What every adapter of PodRuntime must do; see the port. Each adapter's test runs it against the real thing. */
export async function podRuntimeContract(subject: ContractSubject): Promise<void> {
  let runtime = await subject.reopen();
  t.teardown(() => runtime.pods.close());
  // Interfaces and cgroups are named for it, and tests of several adapters run at the same time.
  const uid = `aaaaaaaa-0000-4000-8000-${String(process.pid).padStart(12, "0")}`;
  const sandbox: SandboxSpec = {
    podUid: uid,
    namespace: "default",
    name: "pod",
    hostname: "pod",
    logDirectory: join(subject.directory, "logs"),
    cgroupParent: `kubepods/besteffort/pod${uid}`,
    hostAliases: [],
    dns: { nameservers: [], searches: [], options: [] },
  };
  const image = await runtime.images.status(subject.image);

  const specOf = (name: string, attempt: number, script: string): ContainerSpec => ({
    podUid: uid,
    name,
    attempt,
    image: subject.image,
    imageId: image?.id ?? "",
    specHash: "hash",
    failures: attempt,
    command: ["sh", "-c", script],
    env: [{ name: "GREETING", value: "hello" }],
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
    logPath: join(subject.directory, "logs", name, `${attempt}.log`),
  });
  const find = async (id: string): Promise<ObservedContainer | undefined> =>
    (await runtime.pods.observePod(uid))?.containers.find((container) => container.id === id);
  const ended = async (id: string): Promise<ObservedContainer> => {
    for (let tries = 0; tries < 500; tries++) {
      const container = await find(id);
      if (container?.state === "exited") return container;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${id} does not end`);
  };
  const forever = "trap 'exit 9' TERM; while :; do sleep 0.05; done";

  await t.test("images", async (t) => {
    t.match(image, { id: /^sha256:/, sizeBytes: Number });
    t.equal(await runtime.images.status("example.test/unknown:1"), undefined);
    t.ok((await runtime.images.list()).some(({ id }) => id === image?.id));
  });

  await t.test("a sandbox is made once", async (t) => {
    t.equal(await runtime.pods.observePod(uid), undefined);
    const first = await runtime.pods.ensureSandbox(sandbox);
    t.match(first, { state: "ready", ip: /^\d+\.\d+\.\d+\.\d+$/ });
    t.same(await runtime.pods.ensureSandbox(sandbox), first);
    t.match(await runtime.pods.observePod(uid), {
      uid,
      namespace: "default",
      name: "pod",
      sandbox: first,
      containers: [],
    });
  });

  await t.test("a run from its start to its end", async (t) => {
    let changes = 0;
    const unsubscribe = runtime.pods.onChange((changed) => {
      if (changed === uid) changes++;
    });
    const run = await runtime.pods.startContainer(
      specOf("short", 0, "echo $GREETING; echo oops >&2; sleep 0.1; exit 5"),
    );
    t.match(run, { name: "short", attempt: 0, specHash: "hash", failures: 0, state: "running", startedAt: String });
    t.match(await ended(run.id), { exitCode: 5, reason: "Error", finishedAt: String });
    // What is asked for and what is told come by different ways.
    for (let tries = 0; tries < 200 && changes === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
    t.ok(changes > 0, "its end was announced");
    unsubscribe();
    const log = await readFile(run.logPath, "utf8");
    t.match(log, /^\S+ stdout F hello$/m, "with all of its output");
    t.match(log, /^\S+ stderr F oops$/m);
  });

  await t.test("the same run is not started twice", async (t) => {
    const spec = specOf("once", 0, forever);
    const run = await runtime.pods.startContainer(spec);
    const again = await runtime.pods.startContainer(spec);
    t.equal(again.id, run.id);
    const session = await runtime.pods.exec(run.id, {
      command: ["sh", "-c", "ps | grep -c '[t]rap'"],
      tty: false,
      stdin: false,
    });
    let output = "";
    session.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    t.match(await session.exit, { code: 0 });
    t.equal(output.trim(), "1");
  });

  await t.test("a start that fails is a run that ended", async (t) => {
    const spec = { ...specOf("bad", 0, ""), command: ["/no/such/program"] };
    const run = await runtime.pods.startContainer(spec);
    t.match(run, { state: "exited", reason: "ContainerCannotRun", exitCode: 127, message: /program/ });
    t.equal(run.startedAt, undefined);
    t.match(await find(run.id), { state: "exited", exitCode: 127 });
  });

  await t.test("a runtime that is opened anew finds the same, and hears of the end", async (t) => {
    const before = await runtime.pods.observePod(uid);
    await runtime.pods.close();
    runtime = await subject.reopen();
    t.same(await runtime.pods.observePod(uid), before);
    t.same(
      (await runtime.pods.listPods()).map((pod) => pod.uid),
      [uid],
    );
  });

  await t.test("stopping: by signal, and by force when the time is over", async (t) => {
    const once = (await runtime.pods.observePod(uid))?.containers.find(({ name }) => name === "once");
    const heard = new Promise<void>((resolve) => {
      runtime.pods.onChange(() => resolve());
    });
    await runtime.pods.stopContainer(once?.id ?? "", 5_000);
    t.match(await find(once?.id ?? ""), { state: "exited", exitCode: 9 }, "it chose its own exit code");
    await heard;
    const deaf = await runtime.pods.startContainer(specOf("deaf", 0, "trap '' TERM; while :; do sleep 0.05; done"));
    await t.rejects(runtime.pods.removePod(uid), { code: "AGENT_POD_NOT_EMPTY" });
    const begin = performance.now();
    const long = runtime.pods.stopContainer(deaf.id, 60_000);
    await runtime.pods.stopContainer(deaf.id, 100);
    await long;
    t.ok(performance.now() - begin < 5_000, "a shorter time holds");
    t.match(await find(deaf.id), { state: "exited", exitCode: 137 });
    await runtime.pods.stopContainer(deaf.id, 0);
  });

  await t.test("what is removed is gone", async (t) => {
    const runs = (await runtime.pods.observePod(uid))?.containers ?? [];
    const short = runs.find(({ name }) => name === "short");
    await runtime.pods.removeContainer(short?.id ?? "");
    await runtime.pods.removeContainer(short?.id ?? "");
    t.equal(await find(short?.id ?? ""), undefined);
    await t.rejects(readFile(short?.logPath ?? ""), { code: "ENOENT" });
    await runtime.pods.stopSandbox(uid);
    await runtime.pods.stopSandbox(uid);
    const rest = await runtime.pods.observePod(uid);
    t.not(rest?.sandbox?.state, "ready");
    t.equal(rest?.containers.length, runs.length - 1, "how containers ended stays known");
    t.match(await runtime.pods.ensureSandbox(sandbox), { state: "ready" }, "a pod can be given a sandbox again");
    await runtime.pods.removePod(uid);
    await runtime.pods.removePod(uid);
    t.equal(await runtime.pods.observePod(uid), undefined);
    t.same(await runtime.pods.listPods(), []);
  });
}
