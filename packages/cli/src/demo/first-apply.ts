import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { runCommand } from "@drydock/kit";
import { type Client, createClient, loadKubeconfig, type Pod, Workload } from "@drydock/machinery";
import { installationRoot } from "../installation-root.ts";
import { processesOfContainer } from "./container-process.ts";
import { DrydockCommand } from "./drydock-command.ts";
import { difference, type Traces, traces } from "./leftovers.ts";
import { Narrator } from "./narrator.ts";
import { followPods, isReady } from "./pod-timeline.ts";
import { buildWebImages } from "./web-images.ts";

const SELECTOR = "app=web";
const PORT = 8080;

export interface FirstApplyOptions {
  out: Writable;
  signal: AbortSignal;
}

/**
 * The first lesson: from `up` to `down`, one Workload and all that happens to it. Everything runs in a cluster of its own that is gone at
 * the end, also when a step fails or the reader presses Ctrl-C.
 */
export async function firstApply({ out, signal }: FirstApplyOptions): Promise<void> {
  const narrator = new Narrator(out);
  const before = await traces("drydock-demo-");
  const directory = await mkdtemp("/var/tmp/drydock-demo-");
  const drydock = new DrydockCommand(narrator, ["--data-dir", directory]);
  try {
    await tell({ narrator, drydock, directory, examples: join(installationRoot(), "examples"), signal });
  } catch (error) {
    // What went wrong is the story now; that the cluster goes away must not hide it.
    await drydock.run(["down", "--purge"]).catch(() => {});
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  await rm(directory, { recursive: true, force: true });
  await narrator.step(
    "Look whether anything is left",
    "Whatever is not cleaned up stays in the kernel: a mount, a bridge, a cgroup, a process that nobody waits for.",
    async () => reportLeftovers(narrator, difference(before, await traces("drydock-demo-"))),
  );
  narrator.summary();
  narrator.note(
    "\nNext: ./drydock up --nodes 3 --detach, then ./drydock apply -f examples/web.yaml and look around yourself.",
  );
}

interface Story {
  narrator: Narrator;
  drydock: DrydockCommand;
  directory: string;
  examples: string;
  signal: AbortSignal;
}

async function tell({ narrator, drydock, directory, examples, signal }: Story): Promise<void> {
  const saw = (line: string): void => narrator.saw(line);

  await narrator.step(
    "Start a cluster",
    "etcd keeps the state, the API server is the only one to talk to it, controllers and scheduler watch. Each node is a container of " +
      "our own runtime with its own network and process namespaces and an agent inside.",
    async () => drydock.run(["up", "--nodes", "3", "--detach"], { signal }),
  );
  const kubeconfig = (
    await runCommand(process.execPath, [process.argv[1] as string, "kubeconfig", "--path", "--data-dir", directory])
  ).trim();
  const client = await createClient(await loadKubeconfig(kubeconfig));
  try {
    await narrator.step(
      "Look at the nodes",
      "A node is Ready when its agent renews a Lease and says that it can run pods.",
      async () => drydock.run(["get", "nodes", "-o", "wide"], { signal }),
    );
    await narrator.step(
      "Import an image",
      "An OCI image is a list of tar layers named by their digest, plus a config. This one is a busybox from this machine and one page.",
      async () => {
        for (const { name, path } of await buildWebImages(join(directory, "images-to-import"))) {
          await drydock.run(["images", "import", path, "--name", name, "--cluster"], { signal });
        }
      },
    );
    const started = await narrator.step(
      "Apply a Workload of three replicas",
      "apply writes one object. The controller sees it and creates pods; the scheduler gives each a node; the agent there makes namespaces, " +
        "mounts the layers as an overlay, and calls execve. Nobody calls anybody: all of them watch.",
      async () => {
        await drydock.run(["apply", "-f", join(examples, "web.yaml")], { signal });
        return followPods(client, SELECTOR, ready(3), saw, signal);
      },
    );
    await drydock.run(["get", "workloads,pods", "-o", "wide"], { signal });

    await narrator.step(
      "Fetch a page from each replica",
      "Every pod has an address of its own, behind the bridge of its node. No proxy and no port mapping is between us and it.",
      async () => fetchPages(started, saw, signal),
    );
    await narrator.step(
      "Read logs",
      "What the process writes to stdout goes through a FIFO to the agent, which adds the time and the stream's name.",
      async () => drydock.run(["logs", name(started[0]), "--tail", "5"], { signal }),
    );
    const five = await narrator.step("Scale to five", "One number changes; the rest follows from it.", async () => {
      await drydock.run(["scale", "workload/web", "--replicas", "5"], { signal });
      return followPods(client, SELECTOR, ready(5), saw, signal);
    });
    await narrator.step(
      "Kill a container",
      "The agent sees the container end, writes down how, and starts it again: desired state has not changed.",
      async () => killOne(client, five, narrator, signal),
    );
    await narrator.step(
      "Roll to a new version",
      "A new template means a new revision. Old pods leave only as new ones become ready, so somebody always answers.",
      async () => roll({ narrator, drydock, directory, examples, signal }, client),
    );
    await narrator.step(
      "Delete the Workload",
      "Pods have an owner. When it is gone, the garbage collector deletes them.",
      async () => {
        await drydock.run(["delete", "workload", "web"], { signal });
        await followPods(client, SELECTOR, (pods) => pods.length === 0, saw, signal);
      },
    );
  } finally {
    await client.close();
  }
  await narrator.step(
    "Take the cluster down",
    "Processes, namespaces, mounts, cgroups, bridge, routes, data: all of it.",
    async () => drydock.run(["down", "--purge"], { signal }),
  );
}

function ready(count: number): (pods: Pod[]) => boolean {
  return (pods) => pods.length === count && pods.every(isReady);
}

function name(pod: Pod | undefined): string {
  if (!pod) throw new Error("there is no pod");
  return pod.metadata.name;
}

async function fetchPages(pods: Pod[], saw: (line: string) => void, signal: AbortSignal): Promise<void> {
  for (const pod of pods) {
    const url = `http://${pod.status?.podIP}:${PORT}/`;
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    saw(`${url}  ${pod.spec.nodeName}  "${(await response.text()).trim()}"`);
  }
}

async function killOne(client: Client, pods: Pod[], narrator: Narrator, signal: AbortSignal): Promise<void> {
  const [victim] = pods;
  const id = victim?.status?.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, "");
  if (!victim || !id) throw new Error("no running container was found");
  const [pid] = await processesOfContainer(id);
  if (!pid) throw new Error(`no process of container ${id} was found in /proc`);
  narrator.note(
    `Seen from the host, ${name(victim)} is process ${pid}: ${(await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ").trim()}`,
  );
  narrator.command(`kill -9 ${pid}`);
  process.kill(pid, "SIGKILL");
  const restarted = (pod: Pod): boolean => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0 && isReady(pod);
  await followPods(
    client,
    SELECTOR,
    (all) => all.some((pod) => name(pod) === name(victim) && restarted(pod)),
    narrator.saw.bind(narrator),
    signal,
  );
}

async function roll({ narrator, drydock, examples, signal }: Story, client: Client): Promise<void> {
  await drydock.run(["apply", "-f", join(examples, "web-v2.yaml")], { signal });
  const isNew = (pod: Pod): boolean => pod.spec.containers[0]?.image?.endsWith(":v2") ?? false;
  const { spec } = await client.get(Workload, { namespace: "default", name: "web" });
  const done = (pods: Pod[]): boolean =>
    pods.length === spec.replicas && pods.every((pod) => isNew(pod) && isReady(pod));
  const pods = await followPods(client, SELECTOR, done, narrator.saw.bind(narrator), signal);
  await fetchPages(pods.slice(0, 1), narrator.saw.bind(narrator), signal);
  await drydock.run(["rollout", "history", "workload/web"], { signal });
}

function reportLeftovers(narrator: Narrator, left: Traces): void {
  for (const [sort, items] of Object.entries(left) as [keyof Traces, string[]][]) {
    narrator.saw(`${sort.padEnd(11)} ${items.length === 0 ? "none left" : items.join(", ")}`);
  }
  const count = Object.values(left).flat().length;
  if (count > 0) throw new Error(`${count} things were left behind`);
}
