import { execFileSync } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type ContainerdClient,
  type CriClient,
  connectContainerd,
  connectCri,
  emptyContainerd,
  emptyCri,
  localCriPlugin,
  type ManagedContainerd,
  startContainerd,
  takenAddressesDirectory,
} from "@drydock/containerd";
import { importSandboxImage } from "@drydock/node-agent";
import type { RuntimeSubject } from "./runtime-subject.ts";

const sandboxImage = "example.test/pause:1";

/** A real containerd of the test's own that serves CRI, asked beside the agent. */
export class CriSubject implements RuntimeSubject {
  readonly runtimeName = "containerd";
  #daemon: ManagedContainerd | undefined;
  #client: ContainerdClient | undefined;
  #cri: CriClient | undefined;
  #directory = "";

  async start(directory: string): Promise<object> {
    this.#directory = join(directory, "ctd");
    await mkdir(this.#directory);
    const cri = await localCriPlugin({ directory: this.#directory, sandboxImage });
    this.#daemon = await startContainerd({ directory: this.#directory, cri });
    const { socket } = this.#daemon;
    await importSandboxImage({ socket, name: sandboxImage });
    this.#client = await connectContainerd({ socket, namespace: "k8s.io" });
    this.#cri = await connectCri({ socket });
    return { runtime: "cri", criSocket: socket };
  }

  async pids(): Promise<Map<string, number>> {
    const tasks = (await this.#client?.tasks.list()) ?? [];
    const running = new Map(tasks.filter(({ status }) => status === "RUNNING").map(({ id, pid }) => [id, pid]));
    const found = (await this.#containers()).map(({ id, name }): [string, number | undefined] => [
      name,
      running.get(id),
    ]);
    return new Map(found.filter((pair): pair is [string, number] => pair[1] !== undefined).sort());
  }

  /** One for each sandbox, which its containers share. */
  async shims(prefix: string): Promise<number> {
    const sandboxes = new Set(
      (await this.#containers()).filter(({ name }) => name.includes(`.${prefix}`)).map(({ sandbox }) => sandbox),
    );
    return execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes("containerd-shim-runc-v2") && line.includes(this.#directory))
      .filter((line) => sandboxes.has(/-id (\w+)/.exec(line)?.[1] ?? "")).length;
  }

  async takenAddresses(): Promise<string[]> {
    const names = await readdir(takenAddressesDirectory(this.#directory));
    // Beside them host-local keeps a lock and the last one that it gave.
    return names.filter((name) => /^\d+\.\d+\.\d+\.\d+$/.test(name));
  }

  async close(): Promise<void> {
    this.#client?.close();
    this.#cri?.close();
    if (!this.#daemon) return;
    await emptyCri(this.#daemon.socket);
    await emptyContainerd(this.#daemon.socket);
    await this.#daemon.close();
  }

  /** Containers by what we call them. */
  async #containers(): Promise<{ id: string; name: string; sandbox: string }[]> {
    const containers = (await this.#cri?.runtime.listContainers({}))?.containers ?? [];
    return containers.map(({ id, labels, metadata, podSandboxId }) => ({
      id,
      name: `${labels["io.kubernetes.pod.uid"]}.${metadata?.name}.${metadata?.attempt}`,
      sandbox: podSandboxId,
    }));
  }
}
