// fails at reconnected: has ended
/**
 * node watcher.ts       looks after the containers that have a label lab.drydock.dev/restart, until it is killed; prints "ready" first
 *
 * lab.drydock.dev/restart    "always", "on-failure" (not after exit code 0): what has ended is started again. After 100 ms, then after twice as long each time,
 *                            at most 5 s; from the beginning again when it had run for 10 s
 * lab.drydock.dev/stopped    "true": somebody has stopped it on purpose, it stays as it is
 * lab.drydock.dev/health     a shell command, executed in it every second, that has 1 s to end with 0. Three failures in a row: it is killed
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "./containerd.ts";

const ROUND_MS = 100;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** Who ran as long as this is not in a crash loop. */
const STEADY_MS = 10_000;
const HEALTH_EVERY_MS = 1000;
const HEALTH_LIMIT_MS = 1000;
const MOST_FAILURES = 3;
const SIGKILL = 9;
const label = (name: string): string => `lab.drydock.dev/${name}`;

/** What is remembered of a container. Losing it costs a pause and nothing else. */
interface Patient {
  /** Since when the task that we know runs, ms. */
  runsSince: number;
  restarts: number;
  /** When it may be started again; undefined while it runs. */
  restartAt: number | undefined;
  /** Being started or looked at just now. */
  busy: boolean;
  healthAt: number;
  ill: number;
}

type Container = Awaited<ReturnType<typeof client.containers.list>>[number];
type Task = NonNullable<Awaited<ReturnType<typeof client.tasks.get>>>;

const client = await connect();
const patients = new Map<string, Patient>();
const ioDirectory = mkdtempSync(join(tmpdir(), "watcher-"));

/** A new task on the root that the container has. */
async function restart({ id, snapshotter, snapshotKey: key }: Container): Promise<void> {
  await client.tasks.delete(id);
  const { mounts } = await client.services.snapshots.mounts({ snapshotter, key });
  const stdio = { stdin: "", stdout: "", stderr: "", terminal: false };
  await client.services.tasks.create({ containerId: id, rootfs: mounts, ...stdio });
  await client.services.tasks.start({ containerId: id });
}

async function isHealthy(id: string, command: string): Promise<boolean> {
  const user = { uid: 0, gid: 0 };
  const process = { cwd: "/", args: ["sh", "-c", command], env: ["PATH=/bin"], user };
  const stop = new AbortController();
  const options = { process, terminal: false, stdin: false, ioDirectory, signal: stop.signal };
  const { exit } = await client.tasks.exec(id, options);
  // Its second begins when it runs: a slow machine is not an illness of the container.
  const timer = setTimeout(() => stop.abort(), HEALTH_LIMIT_MS);
  const { code } = await exit;
  clearTimeout(timer);
  return code === 0;
}

function wantsToRun({ labels }: Container, task: Task | undefined): boolean {
  if (labels[label("stopped")] === "true") return false;
  if (task?.status === "STOPPED" && task.exitStatus === 0) return labels[label("restart")] === "always";
  return ["always", "on-failure"].includes(labels[label("restart")] ?? "");
}

/** Does not hold up the round: the container is busy until it is done. */
function meanwhile(patient: Patient, id: string, work: () => Promise<void>): void {
  patient.busy = true;
  work()
    .catch((error: Error) => console.error(`${id}: ${error.message}`))
    .finally(() => {
      patient.busy = false;
    });
}

function lookAt(container: Container, task: Task | undefined, now: number): void {
  const { id } = container;
  const fresh: Patient = { runsSince: now, restarts: 0, restartAt: undefined, busy: false, healthAt: now, ill: 0 };
  const patient = patients.get(id) ?? fresh;
  patients.set(id, patient);
  if (patient.busy) return;
  if (task?.status === "RUNNING") {
    lookAtRunning(container, patient, now);
  } else if (wantsToRun(container, task)) {
    if (patient.restartAt === undefined) {
      if (now - patient.runsSince > STEADY_MS) patient.restarts = 0;
      patient.restartAt = now + Math.min(FIRST_PAUSE_MS * 2 ** patient.restarts, LONGEST_PAUSE_MS);
    }
    if (now < patient.restartAt) return;
    patient.restarts += 1;
    patient.restartAt = undefined;
    meanwhile(patient, id, async () => {
      await restart(container);
      patient.runsSince = performance.now();
      patient.ill = 0;
    });
  }
}

function lookAtRunning({ id, labels }: Container, patient: Patient, now: number): void {
  patient.restartAt = undefined;
  const command = labels[label("health")];
  if (command === undefined || now < patient.healthAt) return;
  patient.healthAt = now + HEALTH_EVERY_MS;
  meanwhile(patient, id, async () => {
    patient.ill = (await isHealthy(id, command)) ? 0 : patient.ill + 1;
    // It ends, and the next round finds it ended.
    if (patient.ill >= MOST_FAILURES) await client.tasks.kill(id, SIGKILL, { all: true });
  });
}

async function round(): Promise<void> {
  const [containers, tasks] = await Promise.all([
    client.containers.list([`labels."${label("restart")}"`]),
    client.tasks.list(),
  ]);
  const now = performance.now();
  for (const container of containers)
    lookAt(
      container,
      tasks.find(({ id }) => id === container.id),
      now,
    );
  const ids = new Set(containers.map(({ id }) => id));
  for (const id of patients.keys()) if (!ids.has(id)) patients.delete(id);
}

/** Says what ended. Its stream breaks together with containerd, at once and for certain, and nobody catches that. */
async function log(events: Awaited<ReturnType<typeof client.subscribe>>): Promise<void> {
  for await (const { topic, event } of events)
    if (topic === "/tasks/exit") console.error(`${event.containerId} has come to its end`);
}

void log(await client.subscribe(new AbortController().signal));
console.log("ready");
for (;;) {
  await round();
  await delay(ROUND_MS);
}
