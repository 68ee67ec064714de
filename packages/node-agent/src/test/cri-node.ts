import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CriPlugin,
  emptyContainerd,
  emptyCri,
  localCriPlugin,
  type ManagedContainerd,
  startContainerd,
  takenAddressesDirectory,
} from "@drydock/containerd";
import { silentLogger } from "@drydock/kit";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import { createCriRuntime } from "../cri/create-cri-runtime.ts";
import { importSandboxImage } from "../cri/sandbox-image.ts";
import type { RotationPolicy } from "../logs/log-file.ts";
import type { NodeRuntime } from "../port/pod-runtime.ts";
import { whyNoContainerd } from "./containerd-node.ts";

const sandboxImage = "example.test/pause:1";

/** Why pods cannot be run by CRI here, or undefined. */
export function whyNoCri(): string | undefined {
  const missing = "the CNI plugins are not installed (apt-get install containernetworking-plugins)";
  return whyNoContainerd() ?? (existsSync("/usr/lib/cni/ptp") ? undefined : missing);
}

/** A node of one test file whose containerd serves CRI, with busybox in our image store. */
export class CriNode {
  readonly image = "example.test/busybox:1";
  readonly directory: string;
  readonly #plugin: CriPlugin;
  daemon: ManagedContainerd;
  #killed = false;

  private constructor(directory: string, plugin: CriPlugin, daemon: ManagedContainerd) {
    this.directory = directory;
    this.#plugin = plugin;
    this.daemon = daemon;
  }

  static async start(t: { teardown(action: () => unknown): void }): Promise<CriNode> {
    const directory = await mkdtemp(join(tmpdir(), "ddr-"));
    t.teardown(() => rm(directory, { recursive: true, force: true }));
    const plugin = await localCriPlugin({ directory, sandboxImage });
    const daemon = await startContainerd({ directory, cri: plugin });
    const node = new CriNode(directory, plugin, daemon);
    t.teardown(() => node.#remove());
    await importSandboxImage({ socket: daemon.socket, name: sandboxImage });
    const archive = join(directory, "busybox.tar");
    await buildBusyboxImage({ busybox: "/bin/busybox", output: archive, name: node.image, version: "1" });
    await (await openImageStore({ directory: join(directory, "images") })).import(archive, node.image);
    return node;
  }

  async open(logRotation?: RotationPolicy): Promise<NodeRuntime> {
    const runtime = await createCriRuntime({
      socket: this.daemon.socket,
      owner: "test",
      stateDir: join(this.directory, "state"),
      imageDir: join(this.directory, "images"),
      podCidr: `10.${150 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`,
      ...(logRotation ? { logRotation } : {}),
      logger: silentLogger,
    });
    await runtime.pods.open();
    return runtime;
  }

  /** Addresses that pods have. */
  async addresses(): Promise<string[]> {
    const names = await readdir(takenAddressesDirectory(this.directory));
    return names.filter((name) => /^\d+\.\d+\.\d+\.\d+$/.test(name));
  }

  /** The daemon dies; what it looked after goes on. */
  async kill(): Promise<void> {
    this.#killed = true;
    await this.daemon.close("SIGKILL");
  }

  async restart(): Promise<void> {
    this.daemon = await startContainerd({ directory: this.directory, cri: this.#plugin });
    this.#killed = false;
  }

  async #remove(): Promise<void> {
    if (this.#killed) await this.restart();
    await emptyCri(this.daemon.socket);
    await emptyContainerd(this.daemon.socket);
    await this.daemon.close();
  }
}
