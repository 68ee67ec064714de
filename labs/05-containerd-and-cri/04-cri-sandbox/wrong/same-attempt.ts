// fails at again: ended with 1
/**
 * node pod.ts up MANIFEST      makes the pod as MANIFEST says; prints the id of its sandbox. As often as one likes: what is as it should be stays.
 * node pod.ts ps NAME          a line for each container, by name: "web running 0", "job exited 2" (state and attempt of the newest)
 * node pod.ts down NAME        stops and removes everything of the pod
 *
 * MANIFEST, a file: {"name": "shop", "containers": [{"name": "web", "command": ["sleep", "1000"]}]}. All of image.
 */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Container, connect, image, type Sandbox } from "./cri.ts";

interface Manifest {
  name: string;
  containers: { name: string; command: string[] }[];
}

const LABEL = "lab.drydock.dev/pod";
const GRACE_SECONDS = 10;
const cri = connect();

/** The machine's network: a pod of its own would need a CNI plugin. Processes are seen by their container alone. */
const namespaceOptions = { network: "NODE", pid: "CONTAINER", ipc: "POD" };

function sandboxConfig(name: string, attempt: number): object {
  return {
    metadata: { name, uid: name, namespace: "default", attempt },
    logDirectory: tmpdir(),
    labels: { [LABEL]: name },
    linux: { cgroupParent: process.env.CGROUP ?? "/drydock-lab", securityContext: { namespaceOptions } },
  };
}

async function sandboxesOf(name: string): Promise<Sandbox[]> {
  const filter = { labelSelector: { [LABEL]: name } };
  return (await cri.call<{ items: Sandbox[] }>("listPodSandbox", { filter })).items;
}

async function containersOf(podSandboxId: string): Promise<Container[]> {
  return (await cri.call<{ containers: Container[] }>("listContainers", { filter: { podSandboxId } })).containers;
}

/** Takes its containers along. */
async function remove({ id: podSandboxId }: Sandbox): Promise<void> {
  for (const { id: containerId } of await containersOf(podSandboxId))
    await cri.call("stopContainer", { containerId, timeout: GRACE_SECONDS });
  await cri.call("stopPodSandbox", { podSandboxId });
  await cri.call("removePodSandbox", { podSandboxId });
}

/** The one that is ready, with its attempt. One that is not is a shell without namespaces: nothing can run in it any more. */
async function readySandbox(name: string): Promise<{ id: string; attempt: number }> {
  const all = await sandboxesOf(name);
  const ready = all.find(({ state }) => state === "SANDBOX_READY");
  for (const sandbox of all) if (sandbox !== ready) await remove(sandbox);
  if (ready) return { id: ready.id, attempt: ready.metadata.attempt };
  const attempt = Math.max(-1, ...all.map(({ metadata }) => metadata.attempt)) + 1;
  const config = sandboxConfig(name, attempt);
  const { podSandboxId } = await cri.call<{ podSandboxId: string }>("runPodSandbox", { config });
  return { id: podSandboxId, attempt };
}

async function up({ name, containers }: Manifest): Promise<void> {
  const sandbox = await readySandbox(name);
  const there = await containersOf(sandbox.id);
  for (const { name: wanted, command } of containers) {
    const same = there.filter(({ metadata }) => metadata.name === wanted);
    if (same.some(({ state }) => state === "CONTAINER_RUNNING")) continue;
    const attempt = 0;
    const { containerId } = await cri.call<{ containerId: string }>("createContainer", {
      podSandboxId: sandbox.id,
      config: {
        metadata: { name: wanted, attempt },
        image: { image },
        command,
        linux: { securityContext: { namespaceOptions } },
      },
      sandboxConfig: sandboxConfig(name, sandbox.attempt),
    });
    await cri.call("startContainer", { containerId });
  }
  console.log(sandbox.id);
}

async function ps(name: string): Promise<void> {
  const newest = new Map<string, Container>();
  for (const { id } of await sandboxesOf(name)) {
    for (const container of await containersOf(id)) {
      const { name, attempt } = container.metadata;
      if (attempt >= (newest.get(name)?.metadata.attempt ?? 0)) newest.set(name, container);
    }
  }
  for (const [name, { state, metadata }] of [...newest].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${name} ${state.replace("CONTAINER_", "").toLowerCase()} ${metadata.attempt}`);
}

const [command, argument = ""] = process.argv.slice(2);
if (command === "up") await up(JSON.parse(readFileSync(argument, "utf8")) as Manifest);
else if (command === "ps") await ps(argument);
else if (command === "down") for (const sandbox of await sandboxesOf(argument)) await remove(sandbox);
cri.close();
