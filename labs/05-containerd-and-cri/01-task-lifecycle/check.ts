import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";
import { directory, type LabContainerd, labContainerd, makeTask } from "../shared/lab-containerd.ts";

const PATIENCE_MS = 20_000;
const SIGTERM = 15;

interface Place extends LabContainerd {
  run(...args: string[]): Promise<Ended>;
  done(...args: string[]): Promise<string>;
}

async function place(t: CheckTools): Promise<Place> {
  const lab = await labContainerd(t);
  const run = (...args: string[]): Promise<Ended> => t.run("lifecycle.ts", args, { env: lab.env, timeoutMs: 60_000 });
  const done = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr, timedOut } = await run(...args);
    if (code !== 0)
      throw t.wrong(
        `lifecycle.ts ${args.join(" ")} ${timedOut ? "was still running after 60 s" : `ended with ${code}`}, expected 0: ${
          stderr
            .trim()
            .split("\n")
            .find((line) => /^\w*Error: /.test(line)) ?? stderr.slice(-150)
        }`,
      );
    return stdout.trim();
  };
  return { ...lab, run, done };
}

const cmdline = (pid: string | number): string =>
  existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() : "";

async function statusOf({ client }: LabContainerd, id: string): Promise<string> {
  return (await client.tasks.get(id))?.status ?? "no task";
}

async function snapshotsOf({ client }: LabContainerd): Promise<string[]> {
  const found: string[] = [];
  for await (const { info } of client.services.snapshots.list({ snapshotter: "overlayfs", filters: [] }))
    found.push(...info.filter(({ kind }) => kind !== "COMMITTED").map(({ name }) => name));
  return found;
}

/** Shims that are there, by the id of their container. */
function shims(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => / -id (\S+)/.exec(cmdline(pid))?.[1] ?? []);
}

export const steps: LabCheck = {
  async created(t) {
    const lab = await place(t);
    const [id, mark] = [t.word(), `${t.number(1000, 9999)}`];
    const pid = await lab.done("create", id, "sleep", mark);
    const record = await lab.client.containers.get(id);
    if (!record) throw t.wrong(`containerd has no record of a container ${id}, expected one after create`);
    const status = await statusOf(lab, id);
    if (status !== "CREATED")
      throw t.wrong(
        `after create the task is ${status}, expected CREATED`,
        "start is another call, and nobody has made it",
      );
    const seen = (await lab.client.tasks.get(id))?.pid;
    if (pid !== String(seen)) throw t.wrong(`create printed "${pid}", expected the pid of the task, ${seen}`);
    if (cmdline(pid).includes(mark))
      throw t.wrong(`process ${pid} is "${cmdline(pid)}" already, expected it to wait for start`);
    const { chainId } = (await lab.client.images.get(lab.example.image)) ?? {};
    const { info } = await lab.client.services.snapshots.stat({ snapshotter: "overlayfs", key: record.snapshotKey });
    if (info.parent !== chainId)
      throw t.wrong(
        `the root of the container stands on "${info.parent}", expected the top layer of the image, ${chainId}`,
      );
    await lab.client.containers.delete(id);
  },

  async started(t) {
    const lab = await place(t);
    const [id, mark] = [t.word(), `${t.number(1000, 9999)}`];
    const pid = await makeTask(lab, id, ["sleep", mark]);
    await lab.done("start", id);
    if (!(await t.until(() => cmdline(pid) === `sleep ${mark}`, PATIENCE_MS)))
      throw t.wrong(
        `after start process ${pid} is "${cmdline(pid)}", expected "sleep ${mark}": the process of create becomes the program`,
      );
    const status = await statusOf(lab, id);
    if (status !== "RUNNING") throw t.wrong(`after start the task is ${status}, expected RUNNING`);
    const again = await lab.run("start", id);
    if (again.code === 0)
      throw t.wrong("a second start ended with 0, expected containerd's error and an exit code that is not 0");
    await lab.client.containers.delete(id);
  },

  async waited(t) {
    const lab = await place(t);
    const code = t.number(2, 100);
    const [id, killed] = [t.word(), t.word()];
    await makeTask(lab, id, ["sh", "-c", `exit ${code}`]);
    const early = await t.start("lifecycle.ts", ["wait", id], { env: lab.env });
    await makeTask(lab, killed, ["sleep", "1000"]);
    for (const containerId of [id, killed]) await lab.client.services.tasks.start({ containerId });
    await lab.done("kill", killed, "9");
    const first = await Promise.race([early.ended, t.until(() => undefined, PATIENCE_MS)]);
    if (first?.stdout.trim() !== String(code))
      throw t.wrong(
        first
          ? `wait printed "${first.stdout.trim()}", expected ${code}`
          : `wait had nothing to say, although the task has ended with ${code}, expected that number`,
        "ask tasks.wait before, during or after: it answers when the task is over",
      );
    const status = await statusOf(lab, id);
    if (status !== "STOPPED")
      throw t.wrong(`after wait the task is ${status}, expected STOPPED: it stays until it is deleted`);
    const [late, signalled] = await Promise.all([lab.done("wait", id), lab.done("wait", killed)]);
    if (late !== String(code)) throw t.wrong(`a wait for what has ended before printed "${late}", expected ${code}`);
    if (signalled !== "137")
      throw t.wrong(`wait for a task that signal 9 has ended printed "${signalled}", expected 137: 128 + 9`);
    for (const one of [id, killed]) await lab.client.containers.delete(one);
  },

  async events(t) {
    const lab = await place(t);
    const teller = await t.start("lifecycle.ts", ["events"], { env: lab.env });
    if (!(await t.until(() => teller.stdout.includes("ready\n"), PATIENCE_MS)))
      throw t.wrong(`events printed ${JSON.stringify(teller.stdout + teller.stderr.slice(-150))}, expected "ready"`);
    const id = t.word();
    const code = t.number(2, 100);
    await makeTask(lab, id, ["sh", "-c", `trap 'exit ${code}' TERM; while :; do sleep 0.1; done`]);
    await lab.client.services.tasks.start({ containerId: id });
    // Something that is executed in it beside, and ends: not the end of the task.
    const beside = await lab.client.tasks.exec(id, {
      process: { cwd: "/", args: ["true"], env: ["PATH=/bin"], user: { uid: 0, gid: 0 } },
      terminal: false,
      stdin: false,
      ioDirectory: directory(t),
    });
    await beside.exit;
    await lab.client.tasks.kill(id, SIGTERM);
    await lab.client.tasks.wait(id);
    await lab.client.tasks.delete(id);
    const expected = [`created ${id}`, `started ${id}`, `exited ${id} ${code}`, `deleted ${id}`];
    const seen = (): string[] => teller.stdout.split("\n").filter((line) => line.includes(id));
    await t.until(() => seen().at(-1) === expected.at(-1), PATIENCE_MS);
    if (seen().join() !== expected.join())
      throw t.wrong(
        `events told ${JSON.stringify(seen())}, expected ${JSON.stringify(expected)}`,
        "a process that was executed in the container has ended, too: whose id is in the event?",
      );
    await lab.client.containers.delete(id);
  },

  async deleted(t) {
    const lab = await place(t);
    const [id, other] = [t.word(), t.word()];
    const pid = await makeTask(lab, id, ["sleep", "1000"]);
    await makeTask(lab, other, ["sleep", "1000"]);
    for (const containerId of [id, other]) await lab.client.services.tasks.start({ containerId });
    await lab.done("delete", id);
    if (cmdline(pid) !== "") throw t.wrong(`after delete process ${pid} is still there, expected it ended`);
    const left = [
      ...((await lab.client.tasks.get(id)) ? ["the task"] : []),
      ...((await lab.client.containers.get(id)) ? ["the record"] : []),
      ...((await snapshotsOf(lab)).includes(id) ? ["the root"] : []),
      ...((await t.until(() => !shims().includes(id), 5000)) ? [] : ["the shim"]),
    ];
    if (left.length > 0)
      throw t.wrong(
        `after delete ${left.join(" and ")} of ${id} is left, expected nothing`,
        "three things were made: root, record, task",
      );
    if ((await statusOf(lab, other)) !== "RUNNING")
      throw t.wrong("delete of one container has ended another, expected it to run on");
    // Once more; created and never started; a root alone, as a crash leaves it.
    const [idle, half] = [t.word(), t.word()];
    await makeTask(lab, idle, ["sleep", "1000"]);
    await lab.client.services.snapshots.prepare({ snapshotter: "overlayfs", key: half, parent: "" });
    await Promise.all([id, idle, half].map((one) => lab.done("delete", one)));
    const roots = await snapshotsOf(lab);
    for (const one of [idle, half])
      if (roots.includes(one))
        throw t.wrong(
          `after delete the root ${one} is left, expected that each of the three goes, whatever of the others is there`,
        );
  },
};
