import { execFileSync } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type ContainerdClient,
  connectContainerd,
  emptyContainerd,
  type ManagedContainerd,
  startContainerd,
} from "@drydock/containerd";
import type { RuntimeSubject } from "./runtime-subject.ts";

/** A real containerd of the test's own, asked beside the agent. */
export class ContainerdSubject implements RuntimeSubject {
  readonly runtimeName = "containerd";
  #daemon: ManagedContainerd | undefined;
  #client: ContainerdClient | undefined;
  #directory = "";
  #addresses = "";

  async start(directory: string): Promise<object> {
    this.#directory = join(directory, "ctd");
    this.#addresses = join(directory, "node-1", "containerd", "addresses");
    await mkdir(this.#directory);
    const { socket, runtime } = await this.restart();
    this.#client = await connectContainerd({ socket, namespace: "drydock" });
    return { runtime: "containerd", containerdSocket: socket, containerdRunc: runtime };
  }

  /** The daemon dies; what it looked after goes on. */
  async kill(): Promise<void> {
    await this.#daemon?.close("SIGKILL");
  }

  async restart(): Promise<ManagedContainerd> {
    this.#daemon = await startContainerd({ directory: this.#directory });
    return this.#daemon;
  }

  async pids(): Promise<Map<string, number>> {
    const client = this.#connected();
    const names = await this.#names();
    const running = (await client.tasks.list()).filter(({ status }) => status === "RUNNING");
    return new Map(running.map(({ id, pid }): [string, number] => [names.get(id) ?? id, pid]).sort());
  }

  async shims(prefix: string): Promise<number> {
    const names = await this.#names();
    return execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes("containerd-shim-runc-v2") && line.includes(this.#directory))
      .filter((line) => names.get(/-id (\w+)/.exec(line)?.[1] ?? "")?.includes(`.${prefix}`)).length;
  }

  takenAddresses(): Promise<string[]> {
    return readdir(this.#addresses);
  }

  async close(): Promise<void> {
    this.#client?.close();
    if (!this.#daemon) return;
    await emptyContainerd(this.#daemon.socket);
    await this.#daemon.close();
  }

  /** Ids of containers to what we call them. */
  async #names(): Promise<Map<string, string>> {
    const containers = await this.#connected().containers.list();
    const words = ["io.kubernetes.pod.uid", "io.kubernetes.container.name", "drydock.dev/attempt"];
    return new Map(containers.map(({ id, labels }) => [id, words.map((word) => labels[word]).join(".")]));
  }

  #connected(): ContainerdClient {
    if (!this.#client) throw new Error("not started");
    return this.#client;
  }
}
