import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyContainerd, type ManagedContainerd, startContainerd } from "@drydock/containerd";
import { runCommand, silentLogger } from "@drydock/kit";
import { readMountinfo } from "@drydock/linux";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import { createContainerdRuntime } from "../containerd/create-containerd-runtime.ts";
import type { NodeRuntime } from "../port/pod-runtime.ts";

/** Why pods cannot be run on containerd here, or undefined. */
export function whyNoContainerd(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root: namespaces, mounts, bridges";
  const missing = ["containerd", "runc"].find((program) => spawnSync(program, ["--version"]).error);
  return missing && `${missing} is not installed (apt-get install ${missing})`;
}

/** A node of one test file: a containerd of its own, a bridge, and an image store with busybox in it. */
export class ContainerdNode {
  readonly image = "example.test/busybox:1";
  readonly directory: string;
  readonly #bridge = `ddk${process.pid % 100000}`;
  daemon: ManagedContainerd;
  #killed = false;

  private constructor(directory: string, daemon: ManagedContainerd) {
    this.directory = directory;
    this.daemon = daemon;
  }

  static async start(t: { teardown(action: () => unknown): void }): Promise<ContainerdNode> {
    const directory = await mkdtemp(join(tmpdir(), "ddn-"));
    t.teardown(() => rm(directory, { recursive: true, force: true }));
    const node = new ContainerdNode(directory, await startContainerd({ directory }));
    t.teardown(() => node.#remove());
    const archive = join(directory, "busybox.tar");
    await buildBusyboxImage({ busybox: "/bin/busybox", output: archive, name: node.image, version: "1" });
    await (await openImageStore({ directory: join(directory, "images") })).import(archive, node.image);
    return node;
  }

  async open(): Promise<NodeRuntime> {
    const runtime = await createContainerdRuntime({
      socket: this.daemon.socket,
      runc: this.daemon.runtime,
      stateDir: join(this.directory, "state"),
      imageDir: join(this.directory, "images"),
      network: {
        podCidr: `10.${100 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`,
        bridge: this.#bridge,
      },
      insecureRegistries: [],
      logger: silentLogger,
    });
    await runtime.pods.open();
    return runtime;
  }

  /** The daemon dies; what it looked after goes on. */
  async kill(): Promise<void> {
    this.#killed = true;
    await this.daemon.close("SIGKILL");
  }

  async restart(): Promise<void> {
    this.daemon = await startContainerd({ directory: this.directory });
    this.#killed = false;
  }

  async #remove(): Promise<void> {
    if (this.#killed) await this.restart();
    await emptyContainerd(this.daemon.socket);
    await this.daemon.close();
    // A test that failed may have left a pod.
    const mounts = readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(this.directory));
    for (const { mountPoint } of mounts) await runCommand("umount", ["-l", mountPoint]);
    // It is not there when no runtime was opened.
    await runCommand("ip", ["link", "del", this.#bridge]).catch(() => {});
  }
}
