import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import { type ContainerdClient, connectContainerd } from "../connect-containerd.ts";
import { emptyCri } from "../cri/empty-cri.ts";
import type { CriPlugin } from "../managed/config-toml.ts";
import { emptyContainerd } from "../managed/empty-containerd.ts";
import { type ManagedContainerd, startContainerd } from "../managed/start-containerd.ts";

export const imageName = "example.test/busybox:1";

/** Why tests against containerd cannot run here, or undefined. */
export function whyNoContainerd(): string | undefined {
  if (process.getuid?.() !== 0) return "containerd needs root";
  for (const program of ["containerd", "runc"]) {
    if (spawnSync(program, ["--version"]).error) return `${program} is not installed (apt-get install ${program})`;
  }
  return undefined;
}

/** A containerd of its own for one test file, with a busybox image in it; everything goes when the test ends. */
export class ContainerdFixture {
  readonly directory: string;
  daemon: ManagedContainerd;
  #killed = false;

  readonly #cri: CriPlugin | undefined;

  private constructor(directory: string, daemon: ManagedContainerd, cri: CriPlugin | undefined) {
    this.directory = directory;
    this.daemon = daemon;
    this.#cri = cri;
  }

  /** `criIn`: its CRI plugin, for a fixture in that directory. */
  static async start(
    t: { teardown(action: () => unknown): void },
    criIn?: (directory: string) => Promise<CriPlugin>,
  ): Promise<ContainerdFixture> {
    const directory = await mkdtemp(join(tmpdir(), "ddc-"));
    t.teardown(() => rm(directory, { recursive: true, force: true }));
    const cri = await criIn?.(directory);
    const daemon = await startContainerd({ directory, ...(cri ? { cri } : {}) });
    const fixture = new ContainerdFixture(directory, daemon, cri);
    t.teardown(() => fixture.remove());
    return fixture;
  }

  connect(namespace = "test"): Promise<ContainerdClient> {
    const { socket, runtime } = this.daemon;
    return connectContainerd({ socket, runtime, namespace });
  }

  /** Kills the daemon; its containers go on. */
  async kill(): Promise<void> {
    this.#killed = true;
    await this.daemon.close("SIGKILL");
  }

  async restart(): Promise<void> {
    this.daemon = await startContainerd({ directory: this.directory, ...(this.#cri ? { cri: this.#cri } : {}) });
    this.#killed = false;
  }

  async addImage(client: ContainerdClient, name = imageName): Promise<void> {
    const store = await openImageStore({ directory: join(this.directory, "images") });
    const tar = join(this.directory, "busybox.tar");
    await buildBusyboxImage({ busybox: "/bin/busybox", output: tar, name, version: "1" });
    const image = await store.import(tar, name);
    await store.withContent(image, (content) => client.images.add({ name, content, diffIds: image.diffIds }));
  }

  async remove(): Promise<void> {
    if (this.#killed) await this.restart();
    if (this.#cri) await emptyCri(this.daemon.socket);
    await emptyContainerd(this.daemon.socket);
    await this.daemon.close();
    await removeTestCgroups();
  }
}

/** Parent of the cgroups of this process's containers. */
const testCgroup = `drydock-test-${process.pid}`;

/** runc removes the container's own cgroup; its parent, in each hierarchy of v1, is ours. */
async function removeTestCgroups(): Promise<void> {
  for (const hierarchy of ["", ...(await readdir("/sys/fs/cgroup"))]) {
    // Most names there are files, or hierarchies in which nothing was made.
    await rmdir(join("/sys/fs/cgroup", hierarchy, testCgroup)).catch(() => {});
  }
}

let specs = 0;

/** A configuration with which runc starts something here: no limits, no names of users. */
export function plainSpec(args: string[], options: { terminal?: boolean } = {}): object {
  const capabilities = ["CAP_KILL", "CAP_CHOWN"];
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: options.terminal ?? false,
      user: { uid: 0, gid: 0 },
      cwd: "/",
      args,
      env: ["PATH=/bin", "TERM=xterm"],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: "rootfs" },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      { destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666"] },
    ],
    linux: {
      cgroupsPath: `/${testCgroup}/${specs++}`,
      namespaces: ["pid", "mount", "network", "uts", "ipc"].map((type) => ({ type })),
    },
  };
}
