import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { createClient, loadKubeconfig, type Pod } from "@drydock/machinery";
import { installationRoot } from "../installation-root.ts";
import { processesOfContainer } from "./container-process.ts";
import { DrydockCommand } from "./drydock-command.ts";
import { difference, type Traces, traces } from "./leftovers.ts";
import { Narrator } from "./narrator.ts";
import { type Following, followPods, isReady } from "./pod-timeline.ts";
import { buildWebImages } from "./web-images.ts";

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
    "Next: ./drydock up --nodes 3 --detach, then the commands above by hand. docs/flow.md follows the apply of step 4 through the code.",
  );
}

interface Story {
  narrator: Narrator;
  drydock: DrydockCommand;
  directory: string;
  examples: string;
  signal: AbortSignal;
}

async function tell(story: Story): Promise<void> {
  const { narrator, drydock, directory, signal } = story;
  const run = (...args: string[]): Promise<string> => drydock.run(args, { signal });

  await narrator.step(
    "Start a cluster",
    "etcd keeps the state, the API server is the only one to talk to it, controllers and scheduler watch. Each node is a container of " +
      "our own runtime with its own network and process namespaces and an agent inside.",
    () => run("up", "--nodes", "3", "--detach"),
  );
  const client = createClient(await loadKubeconfig(join(directory, "kubeconfig")));
  try {
    await tellOfWorkload(story, run, { client, labelSelector: "app=web", tell: (line) => narrator.saw(line), signal });
  } finally {
    await client.close();
  }
  await narrator.step(
    "Take the cluster down",
    "Processes, namespaces, mounts, cgroups, bridge, routes, data: all of it.",
    () => run("down", "--purge"),
  );
}

type Run = (...args: string[]) => Promise<string>;

async function tellOfWorkload(
  { narrator, directory, examples, signal }: Story,
  run: Run,
  web: Following,
): Promise<void> {
  await narrator.step(
    "Look at the nodes",
    "A node is Ready when its agent renews a Lease and says that it can run pods.",
    () => run("get", "nodes", "-o", "wide"),
  );
  await narrator.step(
    "Import an image",
    "An OCI image is a list of tar layers named by their digest, plus a config. This one is a busybox from this machine and one page; the " +
      "second differs in the page, so it shares the first layer.",
    async () => {
      for (const { name, path } of await buildWebImages(join(directory, "images-to-import"))) {
        await run("images", "import", path, "--name", name, "--cluster");
      }
    },
  );
  const three = await narrator.step(
    "Apply a Workload of three replicas",
    "apply writes one object. The controller sees it and creates pods; the scheduler gives each a node; the agent there makes namespaces, " +
      "mounts the layers as an overlay, and calls execve. Nobody calls anybody: all of them watch.",
    () => followPods(web, () => run("apply", "-f", join(examples, "web.yaml")), ready(3)),
  );
  await narrator.step("Look at it", "The server renders these tables; kubectl shows the same.", () =>
    run("get", "workloads,pods", "-o", "wide"),
  );
  await narrator.step(
    "Fetch a page from each replica",
    "Every pod has an address of its own, behind the bridge of its node. No proxy and no port mapping is between us and it.",
    () => fetchPages(three, web),
  );
  await narrator.step(
    "Read logs",
    "What the process writes to stdout goes through a FIFO to the agent, which adds the time and the stream's name.",
    () => run("logs", nameOf(three[0]), "--tail", "5"),
  );
  const five = await narrator.step("Scale to five", "One number changes; the rest follows from it.", () =>
    followPods(web, () => run("scale", "workload/web", "--replicas", "5"), ready(5)),
  );
  await narrator.step(
    "Kill a container",
    "The agent sees the container end, writes down how, and starts it again: desired state has not changed.",
    () => killOne(five, narrator, web),
  );
  await narrator.step(
    "Roll to a new version",
    "A new template means a new revision. Old pods leave only as new ones become ready, so somebody always answers. The file says three " +
      "replicas again, so two of the five leave for good.",
    async () => {
      const pods = await followPods(
        web,
        () => run("apply", "-f", join(examples, "web-v2.yaml")),
        rolledTo("drydock/web:v2", 3),
      );
      await fetchPages(pods.slice(0, 1), web);
      await run("rollout", "history", "workload/web");
    },
  );
  await narrator.step(
    "Delete the Workload",
    "Pods have an owner. When it is gone, the garbage collector deletes them.",
    () =>
      followPods(
        web,
        () => run("delete", "workload", "web"),
        (pods) => pods.length === 0,
      ),
  );
  signal.throwIfAborted();
}

function ready(count: number): (pods: Pod[]) => boolean {
  return (pods) => pods.length === count && pods.every(isReady);
}

function rolledTo(image: string, count: number): (pods: Pod[]) => boolean {
  return (pods) => ready(count)(pods) && pods.every((pod) => pod.spec.containers[0]?.image === image);
}

function nameOf(pod: Pod | undefined): string {
  if (!pod) throw new Error("there is no pod");
  return pod.metadata.name;
}

async function fetchPages(pods: Pod[], { tell, signal }: Following): Promise<void> {
  for (const pod of pods) {
    const url = `http://${pod.status?.podIP}:${PORT}/`;
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    tell(`${url}  ${pod.spec.nodeName}  "${(await response.text()).trim()}"`);
  }
}

async function killOne(pods: Pod[], narrator: Narrator, web: Following): Promise<void> {
  const [victim] = pods;
  const id = victim?.status?.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, "");
  if (!id) throw new Error("no running container was found");
  const [pid] = await processesOfContainer(id);
  if (!pid) throw new Error(`no process of container ${id} was found in /proc`);
  const commandLine = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ").trim();
  narrator.note(`Seen from the host, ${nameOf(victim)} is process ${pid}: ${commandLine}`);
  narrator.command(`kill -9 ${pid}`);
  const isBack = (pod: Pod): boolean =>
    nameOf(pod) === nameOf(victim) && (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0 && isReady(pod);
  await followPods(
    web,
    async () => process.kill(pid, "SIGKILL"),
    (all) => all.some(isBack),
  );
}

function reportLeftovers(narrator: Narrator, left: Traces): void {
  for (const [sort, items] of Object.entries(left) as [keyof Traces, string[]][]) {
    narrator.saw(`${sort.padEnd(11)} ${items.length === 0 ? "none left" : items.join(", ")}`);
  }
  const count = Object.values(left).flat().length;
  if (count > 0) throw new Error(`${count} things were left behind`);
}
