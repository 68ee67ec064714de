import { rm } from "node:fs/promises";
import { type Logger, messageOf } from "@drydock/kit";
import type { ExecSession } from "@drydock/runtime";
import { agentError } from "../errors.ts";
import type {
  ContainerSpec,
  ExecInContainer,
  ObservedContainer,
  ObservedPod,
  ObservedSandbox,
  PodRuntime,
  SandboxSpec,
} from "../port/pod-runtime.ts";
import type { NativeLayout } from "./layout.ts";
import type { NativeContainers } from "./native-containers.ts";
import { type PodRecord, readRecord } from "./records.ts";
import type { Sandboxes } from "./sandboxes.ts";

/** Pods on our own runtime; see PodRuntime for the contract. */
export class NativePods implements PodRuntime {
  readonly #layout: NativeLayout;
  readonly #sandboxes: Sandboxes;
  readonly #containers: NativeContainers;
  readonly #listeners: Set<(podUid: string) => void>;
  readonly #takesOn: (podUid: string) => boolean;
  readonly #logger: Logger;

  constructor(parts: {
    layout: NativeLayout;
    sandboxes: Sandboxes;
    containers: NativeContainers;
    listeners: Set<(podUid: string) => void>;
    takesOn: (podUid: string) => boolean;
    logger: Logger;
  }) {
    this.#layout = parts.layout;
    this.#sandboxes = parts.sandboxes;
    this.#containers = parts.containers;
    this.#listeners = parts.listeners;
    this.#takesOn = parts.takesOn;
    this.#logger = parts.logger;
  }

  async open(): Promise<void> {
    await this.#sandboxes.open();
    for (const uid of (await this.#sandboxes.uids()).filter(this.#takesOn)) {
      // One pod that cannot be read must not keep all others from being taken on.
      await this.#containers.adopt(uid).catch((error: unknown) => {
        this.#logger.error({ uid, error: messageOf(error) }, "containers of a pod could not be taken on");
      });
    }
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#containers.close();
  }

  async listPods(): Promise<ObservedPod[]> {
    const pods = await Promise.all((await this.#sandboxes.uids()).map((uid) => this.observePod(uid)));
    return pods.filter((pod) => pod !== undefined);
  }

  async observePod(uid: string): Promise<ObservedPod | undefined> {
    const [record, sandbox, containers] = await Promise.all([
      readRecord<PodRecord>(this.#layout.podRecord(uid)),
      this.#sandboxes.observe(uid),
      this.#containers.list(uid),
    ]);
    if (!record) return undefined;
    const { namespace, name } = record;
    return { uid, namespace, name, ...(sandbox ? { sandbox } : {}), containers };
  }

  ensureSandbox(spec: SandboxSpec): Promise<ObservedSandbox> {
    return this.#sandboxes.ensure(spec);
  }

  stopSandbox(podUid: string): Promise<void> {
    return this.#sandboxes.stop(podUid);
  }

  async removePod(podUid: string): Promise<void> {
    const containers = await this.#containers.list(podUid);
    const running = containers.find((container) => container.state === "running");
    if (running) throw agentError("AGENT_POD_NOT_EMPTY", `container ${running.id} still runs`);
    for (const { id } of containers) await this.#containers.remove(id);
    await this.#sandboxes.stop(podUid);
    await rm(this.#layout.pod(podUid), { recursive: true, force: true });
  }

  startContainer(spec: ContainerSpec): Promise<ObservedContainer> {
    return this.#containers.start(spec);
  }

  stopContainer(id: string, graceMs: number): Promise<void> {
    return this.#containers.stop(id, graceMs);
  }

  removeContainer(id: string): Promise<void> {
    return this.#containers.remove(id);
  }

  exec(id: string, request: ExecInContainer): Promise<ExecSession> {
    return this.#containers.exec(id, request);
  }

  onChange(listener: (podUid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
