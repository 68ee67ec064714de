import { existsSync, readFileSync, rmSync } from "node:fs";
import type { CheckTools, LabCheck } from "@drydock/labs";
import { type LabContainerd, labContainerd, makeTask } from "../shared/lab-containerd.ts";

const PATIENCE_MS = 30_000;
const SIGKILL = 9;

interface Place extends LabContainerd {
  /** Starts a container with these labels (without their prefix). */
  add(args: readonly string[], labels: Record<string, string>): Promise<string>;
  pid(id: string): Promise<number | undefined>;
}

async function place(t: CheckTools): Promise<Place> {
  const lab = await labContainerd(t);
  const pid: Place["pid"] = async (id) => {
    const task = await lab.client.tasks.get(id);
    return task?.status === "RUNNING" ? task.pid : undefined;
  };
  const add: Place["add"] = async (args, labels) => {
    const id = t.word();
    const prefixed = Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [`lab.drydock.dev/${name}`, value]),
    );
    await makeTask(lab, id, args, { labels: prefixed });
    await lab.client.services.tasks.start({ containerId: id });
    return id;
  };
  return { ...lab, add, pid };
}

interface Watcher {
  isOver(): boolean;
  /** What there is to say of its end. */
  problem(): string;
  end(): Promise<void>;
}

async function watch(t: CheckTools, lab: Place): Promise<Watcher> {
  const child = await t.start("watcher.ts", [], { env: lab.env });
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  await t.until(() => over || child.stdout.includes("ready"), PATIENCE_MS);
  if (!child.stdout.includes("ready"))
    throw t.wrong(`watcher.ts said ${JSON.stringify((child.stdout + child.stderr).slice(0, 150))}, expected "ready"`);
  const problem = (): string => {
    const said = child.stderr.split("\n").find((line) => /^\w*Error: /.test(line));
    return over ? ` (watcher.ts has ended${said ? `: ${said.slice(0, 120)}` : ""})` : "";
  };
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.ended;
    for (const { id } of await lab.client.containers.list()) await lab.client.containers.delete(id);
  };
  return { isOver: () => over, problem, end };
}

/** Another process than `before` runs in it. Undefined when that does not happen, or when there is no watcher any more. */
async function restarted(
  t: CheckTools,
  lab: Place,
  watcher: Watcher,
  id: string,
  before: number | undefined,
): Promise<number | undefined> {
  let pid: number | undefined;
  await t.until(async () => {
    const now = await lab.pid(id);
    if (now !== before) pid = now;
    return pid !== undefined || watcher.isOver();
  }, PATIENCE_MS);
  return pid;
}

export const steps: LabCheck = {
  async restarted(t) {
    const lab = await place(t);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++)
      ids.push(await lab.add(["sh", "-c", "echo x >>/tmp/lives; exec sleep 1000"], { restart: "always" }));
    const before = await Promise.all(ids.map(lab.pid));
    const watcher = await watch(t, lab);
    for (const id of ids) await lab.client.tasks.kill(id, SIGKILL);
    for (const [at, id] of ids.entries()) {
      const pid = await restarted(t, lab, watcher, id, before[at]);
      if (!pid)
        throw t.wrong(
          `a container with restart=always was killed, and does not run again${watcher.problem()}, expected a new task`,
          "what has ended is still there: it has to be deleted before there is room for another",
        );
      const lives = await t.until(() => readFileSync(`/proc/${pid}/root/tmp/lives`, "utf8") === "x\nx\n", 5000);
      if (!lives)
        throw t.wrong(
          "the new task has another root than the one before, expected the same: the container is the same",
        );
    }
    await watcher.end();
  },

  async policy(t) {
    const lab = await place(t);
    const watcher = await watch(t, lab);
    const well = await lab.add(["sh", "-c", "exit 0"], { restart: "on-failure" });
    const plain = await lab.add(["sh", "-c", "exit 3"], {});
    const stopped = await lab.add(["sh", "-c", "exit 3"], { restart: "always", stopped: "true" });
    const failing = await lab.add(["sh", "-c", "[ -e /tmp/once ] && exec sleep 1000; touch /tmp/once; exit 3"], {
      restart: "on-failure",
    });
    const always = await lab.add(["sh", "-c", "[ -e /tmp/once ] && exec sleep 1000; touch /tmp/once; exit 0"], {
      restart: "always",
    });
    for (const [id, what] of [
      [failing, "restart=on-failure that ended with 3"],
      [always, "restart=always that ended with 0"],
    ] as const)
      if (!(await t.until(() => lab.pid(id), PATIENCE_MS)))
        throw t.wrong(`a container with ${what} does not run again${watcher.problem()}, expected it to`);
    for (const [id, what] of [
      [well, "restart=on-failure that ended with 0"],
      [plain, "no label"],
      [stopped, "stopped=true"],
    ] as const) {
      const task = await lab.client.tasks.get(id);
      if (task?.status !== "STOPPED")
        throw t.wrong(
          `a container with ${what} is ${task?.status ?? "without a task"}, expected it to stay as it ended`,
          "the labels of the container say what it wants",
        );
    }
    await watcher.end();
  },

  async backoff(t) {
    const lab = await place(t);
    const stop = new AbortController();
    t.defer(() => stop.abort());
    /** When a task of it was started and when it ended, ms. */
    const starts: number[] = [];
    const exits: number[] = [];
    const watcher = await watch(t, lab);
    const steady = await lab.add(["sleep", "1000"], { restart: "always" });
    const before = await lab.pid(steady);
    const events = await lab.client.subscribe(stop.signal);
    const crashing = await lab.add(["sh", "-c", "exit 1"], { restart: "always" });
    void (async () => {
      for await (const { topic, event, time = "" } of events) {
        if (topic === "/tasks/start" && event.containerId === crashing) starts.push(Date.parse(time));
        if (topic === "/tasks/exit" && event.containerId === crashing) exits.push(Date.parse(time));
      }
    })().catch(() => {});
    if (!(await t.until(() => starts.length >= 3, PATIENCE_MS)))
      throw t.wrong(
        `a container that ends at once was started ${starts.length} times, expected again and again${watcher.problem()}`,
      );
    await lab.client.tasks.kill(steady, SIGKILL);
    if (!(await restarted(t, lab, watcher, steady, before)))
      throw t.wrong("while one crashes again and again, another that ended is not restarted, expected it to be");
    await t.until(() => starts.length >= 6, PATIENCE_MS);
    // Only what a pause is at least: a machine may be slower than anything that is wrong.
    const pause = (starts[5] ?? Number.POSITIVE_INFINITY) - (exits[4] ?? 0);
    if (pause < 1500)
      throw t.wrong(
        `the pause before the fifth restart of one that ends at once was ${pause} ms, expected at least 1600`,
        "100 ms, 200, 400, 800, 1600: what is it that has to be remembered?",
      );
    if (starts.length < 6) throw t.wrong(`it was started ${starts.length} times in half a minute, expected more`);
    stop.abort();
    await watcher.end();
  },

  async health(t) {
    const lab = await place(t);
    const main = ["sh", "-c", "echo x >/tmp/ok; exec sleep 1000"];
    const ill = await lab.add(main, { restart: "always", health: "[ -e /tmp/ok ]" });
    const well = await lab.add(main, { restart: "always", health: "[ -e /tmp/ok ] && echo y >>/tmp/seen" });
    const hanging = await lab.add(main, { restart: "always", health: "sleep 4711" });
    const [illPid, wellPid, hangingPid] = await Promise.all([ill, well, hanging].map(lab.pid));
    const watcher = await watch(t, lab);
    const seen = `/proc/${wellPid}/root/tmp/seen`;
    if (!(await t.until(() => existsSync(seen), PATIENCE_MS)))
      throw t.wrong(
        `the command of lab.drydock.dev/health was never executed${watcher.problem()}, expected it every second`,
        "tasks.exec",
      );
    rmSync(`/proc/${illPid}/root/tmp/ok`);
    if (!(await restarted(t, lab, watcher, ill, illPid)))
      throw t.wrong(
        "a container whose check fails each time still runs as before, expected it killed after three failures, and restarted",
      );
    const again = await restarted(t, lab, watcher, hanging, hangingPid);
    if (!again)
      throw t.wrong(
        "a container whose check never ends still runs as before, expected each check to have 1 s",
        "a check that hangs has failed",
      );
    if (readFileSync(seen, "utf8").split("\n").length < 4)
      throw t.wrong(
        "while the check of one hung, that of another was hardly executed, expected it every second",
        "never wait for one inside the round of all",
      );
    if ((await lab.pid(well)) !== wellPid) throw t.wrong("a healthy container was restarted, expected it left alone");
    const pids = (await lab.client.tasks.pids(hanging)).filter((pid) => {
      return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("4711");
    });
    // sh and its sleep, of the one that may be under way.
    if (pids.length > 2)
      throw t.wrong(
        `${pids.length} processes of checks that hang are left in the container, expected those of one at most`,
        "the signal that ends the wait has to end the process",
      );
    await watcher.end();
  },

  async reconnected(t) {
    const lab = await place(t);
    const [lost, kept] = [
      await lab.add(["sleep", "1000"], { restart: "always" }),
      await lab.add(["sleep", "1000"], { restart: "always" }),
    ];
    const [lostPid, keptPid] = [await lab.pid(lost), await lab.pid(kept)];
    const watcher = await watch(t, lab);
    await lab.example.kill();
    process.kill(lostPid as number, "SIGKILL");
    // A call waits a second for a connection: containerd is away for longer, so that calls fail, too.
    await t.until(() => watcher.isOver(), 2500);
    await lab.example.restart();
    const pid = await restarted(t, lab, watcher, lost, lostPid);
    if (!pid)
      throw t.wrong(
        `a container ended while containerd was away, and does not run again${watcher.problem()}, expected a new task`,
        "an event that nobody could send never comes: look at what is",
      );
    if ((await lab.pid(kept)) !== keptPid)
      throw t.wrong("a container that went on while containerd was away was restarted, expected it left alone");
    const before = await lab.pid(lost);
    await lab.client.tasks.kill(lost, SIGKILL);
    if (!(await restarted(t, lab, watcher, lost, before)))
      throw t.wrong(
        `after containerd has come back nothing is restarted any more${watcher.problem()}, expected it to go on`,
      );
    await watcher.end();
  },
};
