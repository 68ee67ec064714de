/** What the checks of this milestone have in common: a real containerd inside the sandbox of the check. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import {
  type ContainerdClient,
  connectContainerd,
  type ExampleContainerd,
  startExampleContainerd,
} from "@drydock/containerd";
import type { CheckTools } from "@drydock/labs";

export interface LabContainerd {
  example: ExampleContainerd;
  /** In the namespace of the lab. */
  client: ContainerdClient;
  /** What the learner's program gets to know of it. */
  env: Record<string, string>;
}

const namespace = "lab";
let running: Promise<LabContainerd> | undefined;

/** One for all steps of a check; ended with it, and every container before. */
export function labContainerd(t: CheckTools): Promise<LabContainerd> {
  running ??= start(t);
  return running;
}

async function start(t: CheckTools): Promise<LabContainerd> {
  privateRun();
  const cgroup = cgroupParent();
  const example = await startExampleContainerd({ directory: join(t.scratch, "c"), namespaces: [namespace] });
  const client = await connectContainerd({ socket: example.daemon.socket, namespace });
  t.defer(async () => {
    client.close();
    await example.close();
    removeCgroups(cgroup);
  });
  const env = { SOCKET: example.daemon.socket, NAMESPACE: namespace, IMAGE: example.image, CGROUP: cgroup };
  return { example, client, env };
}

/** Shims have their sockets below /run/containerd, wherever containerd has its own; in the sandbox /run can only be read. */
export function privateRun(): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "lab-run", "/run"]);
}

/**
 * Where the containers' cgroups go: below the one that limits this check, so that whoever removes that removes these, too. In cgroup v2 a group that
 * has processes cannot hand controllers on: there they are beside it, with a name that begins like its name.
 */
export function cgroupParent(): string {
  for (const line of readFileSync("/proc/self/cgroup", "utf8").split("\n")) {
    const [, version1, path] = /^\d+:(pids)?:(\/drydock-lab-.*)$/.exec(line) ?? [];
    if (path) return version1 ? path : `${path}.containers`;
  }
  return "/drydock-lab";
}

/** runc removes a container's own; their parent, in each hierarchy of v1, is ours. */
export function removeCgroups(parent: string): void {
  for (const hierarchy of ["", ...readdirSync("/sys/fs/cgroup")]) {
    try {
      rmdirSync(join("/sys/fs/cgroup", hierarchy, parent));
    } catch {
      // Not in this hierarchy, or the check itself is in it: the engine removes that one.
    }
  }
}

export interface TaskToMake {
  /** The OCI runtime; runc unless stated. */
  binaryName?: string;
  /** File that gets what the task writes. */
  output?: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

/** A container with a task that has not begun, made by the check and not by the learner. */
export async function makeTask(
  { client, example, env }: LabContainerd,
  id: string,
  args: readonly string[],
  { binaryName, output, annotations = {}, labels = {} }: TaskToMake = {},
): Promise<number> {
  const image = await client.images.get(example.image);
  if (!image) throw new Error(`${example.image} is not there`);
  const rootfs = await client.containers.create({
    id,
    image: example.image,
    chainId: image.chainId,
    labels,
    spec: () => ({ ...plainSpec(`${env.CGROUP}/${id}`, args), annotations }),
    ...(binaryName ? { runtime: { binaryName } } : {}),
  });
  const file = output ? `file://${output}` : "";
  const streams = { stdin: "", stdout: file, stderr: file, terminal: false };
  return (await client.services.tasks.create({ containerId: id, rootfs, ...streams })).pid;
}

function plainSpec(cgroupsPath: string, args: readonly string[]): object {
  const capabilities = ["CAP_KILL", "CAP_CHOWN"];
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid: 0, gid: 0 },
      cwd: "/",
      args,
      env: ["PATH=/bin"],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: "rootfs" },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
    ],
    linux: { cgroupsPath, namespaces: ["pid", "mount", "network", "uts", "ipc"].map((type) => ({ type })) },
  };
}

/** A directory for FIFOs or logs. */
export function directory(t: CheckTools): string {
  const path = join(t.scratch, t.word());
  mkdirSync(path);
  return path;
}
