/**
 * A containerd with its CRI plugin switched on, and a client of it. Given; nothing to do here.
 *
 * node cri.ts [DIRECTORY]       starts one, prints how to reach it, and ends it and all pods on Ctrl-C. What it keeps is below DIRECTORY (/tmp), which
 *                               must not be an overlay itself
 *
 * No registry is asked: the image of the sandboxes ("pause") and one for containers are made here, of busybox.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectContainerd, emptyContainerd } from "@drydock/containerd";
import { buildBusyboxImage, buildImage, openImageStore } from "@drydock/oci";
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export const image = "example.test/busybox:1";
const pause = "example.test/pause:1";

const definition = loadSync(join(import.meta.dirname, "cri.proto"), {
  longs: Number,
  enums: String,
  defaults: true,
});

export interface Metadata {
  name: string;
  uid: string;
  namespace: string;
  attempt: number;
}

export interface Sandbox {
  id: string;
  metadata: Metadata;
  state: "SANDBOX_READY" | "SANDBOX_NOTREADY";
  labels: Record<string, string>;
}

export interface Container {
  id: string;
  podSandboxId: string;
  metadata: { name: string; attempt: number };
  state: "CONTAINER_CREATED" | "CONTAINER_RUNNING" | "CONTAINER_EXITED" | "CONTAINER_UNKNOWN";
}

/** The calls of cri.proto by their names there, from a small letter on; requests and answers are plain objects. */
export interface Cri {
  call<Answer = object>(method: string, request: object): Promise<Answer>;
  close(): void;
}

export function connect(socket = process.env.SOCKET ?? "/run/containerd/containerd.sock"): Cri {
  const { runtime } = loadPackageDefinition(definition) as unknown as {
    runtime: { v1: { RuntimeService: ServiceClientConstructor; ImageService: ServiceClientConstructor } };
  };
  const options = { "grpc.use_local_subchannel_pool": 1 };
  const clients = [runtime.v1.RuntimeService, runtime.v1.ImageService].map(
    (Service) => new Service(`unix:${socket}`, credentials.createInsecure(), options),
  );
  return {
    call: <Answer>(method: string, request: object) =>
      new Promise<Answer>((resolve, reject) => {
        const client = clients.find((one) => method in one);
        if (!client) throw new Error(`cri.proto has no call ${method}`);
        type Unary = (request: object, options: object, done: (error: Error | null, answer: Answer) => void) => void;
        (client[method] as unknown as Unary).call(
          client,
          request,
          { deadline: Date.now() + 60_000 },
          (error, answer) => (error ? reject(error) : resolve(answer)),
        );
      }),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

export interface CriContainerd {
  socket: string;
  close(): Promise<void>;
}

export async function startCri(directory: string): Promise<CriContainerd> {
  mkdirSync(directory, { recursive: true });
  const socket = join(directory, "c.sock");
  const config = join(directory, "config.toml");
  writeFileSync(config, configuration(directory, socket));
  const log = openSync(join(directory, "log"), "a");
  const daemon = spawn("containerd", ["--config", config], { stdio: ["ignore", log, log] });
  try {
    await addImages(directory, socket, daemon);
  } catch (error) {
    daemon.kill("SIGKILL");
    throw error;
  }
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  return {
    socket,
    close: async () => {
      await emptyContainerd(socket);
      daemon.kill("SIGTERM");
      await ended;
    },
  };
}

function configuration(directory: string, socket: string): string {
  const path = (name: string): string => JSON.stringify(join(directory, name));
  return `version = 2
root = ${path("root")}
state = ${path("state")}

[grpc]
  address = ${JSON.stringify(socket)}

[ttrpc]
  address = ${JSON.stringify(`${socket}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${path("opt")}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${JSON.stringify(pause)}
  # Who may not lower a score of the OOM killer keeps its own, and does not fail.
  restrict_oom_score_adj = true
  disable_apparmor = true

# No network of pods: the sandboxes of this lab use the machine's.
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${path("cni")}
  conf_dir = ${path("cni")}
`;
}

/** Kubernetes has a namespace of its own in containerd, and CRI learns of images by events. */
async function addImages(directory: string, socket: string, daemon: ChildProcess): Promise<void> {
  const client = await whenUp(daemon, () => connectContainerd({ socket, namespace: "k8s.io" }));
  const store = await openImageStore({ directory: join(directory, "images") });
  for (const name of [pause, image]) {
    const output = join(directory, "image.tar");
    if (name === image) await buildBusyboxImage({ busybox: "/bin/busybox", output, name, version: "1" });
    else await buildPause(output);
    const stored = await store.import(output, name);
    const { diffIds } = stored;
    await store.withContent(stored, (content) => client.images.add({ name, content, diffIds }));
  }
  client.close();
  const cri = connect(socket);
  await whenUp(daemon, async () => {
    const { images } = await cri.call<{ images: { repoTags: string[] }[] }>("listImages", {});
    const tags = images.flatMap(({ repoTags }) => repoTags);
    if (![pause, image].every((name) => tags.includes(name))) throw new Error("CRI does not know the images yet");
  });
  cri.close();
}

/** What holds a sandbox's namespaces: a process that does nothing. */
async function buildPause(output: string): Promise<void> {
  const files = [{ path: "busybox", source: "/bin/busybox", mode: 0o755 }];
  const config = { Cmd: ["/busybox", "sleep", "1000000000"] };
  await buildImage({ layers: [{ files }], config, name: pause, output });
}

async function whenUp<T>(daemon: ChildProcess, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 600 || daemon.exitCode !== null) throw error;
      await delay(50);
    }
  }
}

if (import.meta.main) {
  const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), "lab-"));
  const { socket, close } = await startCri(directory);
  console.log(`export SOCKET=${socket}`);
  console.log(`ctr --address ${socket} --namespace k8s.io tasks ls`);
  await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  await close();
  rmSync(directory, { recursive: true, force: true });
}
