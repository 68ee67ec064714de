import { readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type ContainerdClient, connectContainerd } from "@drydock/containerd";
import type { CheckTools, LabCheck } from "@drydock/labs";
import { cgroupParent, directory, privateRun, removeCgroups } from "../shared/lab-containerd.ts";
import { type Container, type Cri, connect, type Sandbox, startCri } from "./start/cri.ts";

const PATIENCE_MS = 30_000;
const SIGKILL = 9;

interface Place {
  cri: Cri;
  /** containerd itself, where CRI keeps its containers. */
  client: ContainerdClient;
  env: Record<string, string>;
}

let started: Promise<Place> | undefined;

function place(t: CheckTools): Promise<Place> {
  started ??= start(t);
  return started;
}

async function start(t: CheckTools): Promise<Place> {
  privateRun();
  const cgroup = cgroupParent();
  const { socket, close } = await startCri(join(t.scratch, "c"));
  const client = await connectContainerd({ socket, namespace: "k8s.io" });
  const cri = connect(socket);
  t.defer(async () => {
    cri.close();
    client.close();
    await close();
    removeCgroups(cgroup);
  });
  return { cri, client, env: { SOCKET: socket, CGROUP: cgroup } };
}

interface Spec {
  name: string;
  command: string[];
}

class Pod {
  readonly name: string;
  readonly #t: CheckTools;
  readonly #place: Place;
  readonly #file: string;

  constructor(t: CheckTools, place: Place, containers: Spec[]) {
    this.#t = t;
    this.#place = place;
    this.name = t.word();
    this.#file = join(directory(t), "pod.json");
    writeFileSync(this.#file, JSON.stringify({ name: this.name, containers }));
  }

  async run(command: "up" | "ps" | "down"): Promise<string> {
    const words = [command, command === "up" ? this.#file : this.name];
    const { code, stdout, stderr, timedOut } = await this.#t.run("pod.ts", words, {
      env: this.#place.env,
      timeoutMs: 60_000,
    });
    if (code !== 0) {
      const error = stderr.split("\n").find((line) => /^\w*Error: /.test(line)) ?? stderr.slice(-150);
      throw this.#t.wrong(
        `pod.ts ${command} ${timedOut ? "was still running after 60 s" : `ended with ${code}`}, expected 0: ${error.trim().slice(0, 250)}`,
      );
    }
    return stdout.trim();
  }

  async sandboxes(): Promise<Sandbox[]> {
    const { items } = await this.#place.cri.call<{ items: Sandbox[] }>("listPodSandbox", {});
    return items.filter(({ metadata }) => metadata.name === this.name);
  }

  async containers(): Promise<Container[]> {
    const ids = (await this.sandboxes()).map(({ id }) => id);
    const { containers } = await this.#place.cri.call<{ containers: Container[] }>("listContainers", {});
    return containers.filter(({ podSandboxId }) => ids.includes(podSandboxId));
  }

  /** Pids of what runs, by name; that of the sandbox has the name "". To be compared by name: CRI lists in no order. */
  async pids(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const { id } of await this.sandboxes()) found[""] = (await this.#place.client.tasks.get(id))?.pid ?? 0;
    for (const { id, metadata, state } of await this.containers())
      if (state === "CONTAINER_RUNNING") found[metadata.name] = (await this.#place.client.tasks.get(id))?.pid ?? 0;
    return found;
  }
}

const said = (sandboxes: readonly Sandbox[]): string =>
  sandboxes.map(({ state, metadata }) => `${state} attempt ${metadata.attempt}`).join(", ") || "none";
const told = (containers: readonly Container[]): string =>
  containers
    .map(({ state, metadata }) => `${metadata.name} ${state} attempt ${metadata.attempt}`)
    .sort()
    .join(", ") || "none";

/** Ends on SIGTERM: the first process of a pid namespace ignores what it has no handler for, and each stop would take its whole grace. */
const sleeper = (t: CheckTools): Spec => ({
  name: t.word(),
  command: ["sh", "-c", "trap exit TERM; sleep 100000 & wait"],
});

export const steps: LabCheck = {
  async sandbox(t) {
    const pod = new Pod(t, await place(t), []);
    const id = await pod.run("up");
    const all = await pod.sandboxes();
    if (all.length !== 1 || all[0]?.state !== "SANDBOX_READY")
      throw t.wrong(`after up the pod's sandboxes are: ${said(all)}, expected one that is SANDBOX_READY`);
    if (id !== all[0].id)
      throw t.wrong(`up printed "${id}", expected the id of the sandbox, ${all[0].id.slice(0, 12)}…`);
    await pod.run("down");
  },

  async containers(t) {
    const lab = await place(t);
    const [a, b] = [sleeper(t), sleeper(t)];
    const pod = new Pod(t, lab, [a, b]);
    await pod.run("up");
    const seen = told(await pod.containers());
    const expected = [a, b]
      .map(({ name }) => `${name} CONTAINER_RUNNING attempt 0`)
      .sort()
      .join(", ");
    if (seen !== expected)
      throw t.wrong(
        `after up the containers are: ${seen}, expected ${expected}`,
        "CreateContainer makes it, StartContainer starts it",
      );
    const pids = await pod.pids();
    const namespace = (name: string, kind: string): string => readlinkSync(`/proc/${pids[name]}/ns/${kind}`);
    for (const kind of ["ipc", "uts", "net"])
      for (const { name } of [a, b])
        if (namespace(name, kind) !== namespace("", kind))
          throw t.wrong(
            `the ${kind} namespace of ${name} is not that of the sandbox, expected the same`,
            "which sandbox was it created in, and with which options?",
          );
    if (namespace(a.name, "pid") === namespace(b.name, "pid"))
      throw t.wrong(
        "both containers are in one pid namespace, expected one for each",
        "namespace_options of the container: pid CONTAINER",
      );
    const listed = await pod.run("ps");
    const lines = [a, b]
      .map(({ name }) => `${name} running 0`)
      .sort()
      .join("\n");
    if (listed !== lines) throw t.wrong(`ps printed ${JSON.stringify(listed)}, expected ${JSON.stringify(lines)}`);
    await pod.run("down");
  },

  async again(t) {
    const lab = await place(t);
    const [steady, ending] = [sleeper(t), sleeper(t)];
    const pod = new Pod(t, lab, [steady, ending]);
    const id = await pod.run("up");
    const before = await pod.pids();
    const second = await pod.run("up");
    if (second !== id || (await pod.sandboxes()).length !== 1)
      throw t.wrong(
        `after a second up the sandboxes are: ${said(await pod.sandboxes())}, expected the one of before`,
        "ask what there is before you make anything: ListPodSandbox with a label_selector",
      );
    if (!isDeepStrictEqual(await pod.pids(), before))
      throw t.wrong("a second up, with nothing to do, started containers anew, expected them left alone");
    const victim = (await pod.containers()).find(({ metadata }) => metadata.name === ending.name);
    await lab.client.tasks.kill(victim?.id ?? "", SIGKILL);
    await t.until(async () => told(await pod.containers()).includes("EXITED"), PATIENCE_MS);
    await pod.run("up");
    const newest = (await pod.run("ps")).split("\n");
    const wanted = [`${steady.name} running 0`, `${ending.name} running 1`].sort();
    if (newest.join() !== wanted.join())
      throw t.wrong(
        `after one of two was killed, and up, ps printed ${JSON.stringify(newest)}, expected ${JSON.stringify(wanted)}`,
        "the same name and attempt again is refused: another attempt",
      );
    if ((await pod.pids())[steady.name] !== before[steady.name])
      throw t.wrong("the container that went on was replaced as well, expected it left alone");
    await pod.run("down");
  },

  async anew(t) {
    const lab = await place(t);
    const one = sleeper(t);
    const pod = new Pod(t, lab, [one]);
    const id = await pod.run("up");
    await lab.client.tasks.kill(id, SIGKILL);
    const isDown = await t.until(
      async () => (await pod.sandboxes()).every(({ state }) => state === "SANDBOX_NOTREADY"),
      PATIENCE_MS,
    );
    if (!isDown) throw new Error("the sandbox is ready although its process was killed");
    const next = await pod.run("up");
    const all = await pod.sandboxes();
    if (next === id || all.length !== 1 || all[0]?.state !== "SANDBOX_READY" || all[0].metadata.attempt !== 1)
      throw t.wrong(
        `the sandbox's process was killed, and after up there are: ${said(all)}, expected one SANDBOX_READY attempt 1`,
        "a sandbox that is not ready cannot be repaired",
      );
    const seen = told(await pod.containers());
    if (seen !== `${one.name} CONTAINER_RUNNING attempt 0`)
      throw t.wrong(`in the new sandbox the containers are: ${seen}, expected ${one.name} CONTAINER_RUNNING attempt 0`);
    await pod.run("down");
  },

  async down(t) {
    const lab = await place(t);
    const [mine, others] = [new Pod(t, lab, [sleeper(t)]), new Pod(t, lab, [sleeper(t)])];
    await Promise.all([mine.run("up"), others.run("up")]);
    const before = (await lab.client.containers.list()).length;
    await mine.run("down");
    const left = before - (await lab.client.containers.list()).length;
    if ((await mine.sandboxes()).length > 0 || left !== 2)
      throw t.wrong(
        `after down the pod's sandboxes are: ${said(await mine.sandboxes())}, and ${left} of 2 containers have gone from containerd, expected none left`,
        "stop, then remove",
      );
    await mine.run("down");
    if ((await others.sandboxes())[0]?.state !== "SANDBOX_READY")
      throw t.wrong("down of one pod took another along, expected that to go on");
    await others.run("down");
  },
};
