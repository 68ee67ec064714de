import type { CriClient } from "@drydock/containerd";
import type { Logger } from "@drydock/kit";
import type { ExecSession } from "@drydock/runtime";
import { agentError } from "../errors.ts";
import type { RotationPolicy } from "../logs/log-file.ts";
import type {
  ContainerSpec,
  ExecInContainer,
  ObservedContainer,
  ObservedPod,
  ObservedSandbox,
  PodRuntime,
  SandboxSpec,
} from "../port/pod-runtime.ts";
import { CriChanges } from "./cri-changes.ts";
import type { CriContainers } from "./cri-containers.ts";
import type { CriImages } from "./cri-images.ts";
import { type CriSandboxes, withoutOrigin } from "./cri-sandboxes.ts";
import { labels, noteOf } from "./labels.ts";
import { LogRotation } from "./log-rotation.ts";

export interface CriPodsParts {
  cri: CriClient;
  sandboxes: CriSandboxes;
  containers: CriContainers;
  images: CriImages;
  /** Of the node's pods, for a runtime that makes its network from a template. */
  podCidr?: string;
  rotation: RotationPolicy;
  logger: Logger;
}

/** How often changes are looked for, ms: kubelet's is a second, and a learner is waiting. */
const relistMs = 250;

/** Pods on anything that serves CRI; see PodRuntime for the contract. Sandbox, network, containers and logs are the runtime's own. */
export class CriPods implements PodRuntime {
  readonly #parts: CriPodsParts;
  readonly #sandboxes: CriSandboxes;
  readonly #containers: CriContainers;
  readonly #listeners = new Set<(podUid: string) => void>();
  readonly #changes: CriChanges;
  readonly #rotation: LogRotation;

  constructor(parts: CriPodsParts) {
    this.#parts = parts;
    this.#sandboxes = parts.sandboxes;
    this.#containers = parts.containers;
    this.#changes = new CriChanges({
      ...parts,
      intervalMs: relistMs,
      changed: (podUid) => {
        for (const listener of this.#listeners) listener(podUid);
      },
    });
    this.#rotation = new LogRotation({ ...parts, policy: parts.rotation, running: () => this.#logs() });
  }

  async open(): Promise<void> {
    const { cri, podCidr, logger } = this.#parts;
    // A runtime with a network of its own takes no notice.
    if (podCidr !== undefined) await cri.runtime.updateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr } } });
    const { status } = await cri.runtime.status({});
    for (const { type, status: isTrue, reason, message } of status?.conditions ?? []) {
      if (!isTrue) logger.warn({ type, reason, message }, "the runtime is not ready");
    }
    await this.#changes.open();
    this.#rotation.open();
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#containers.close();
    await Promise.all([this.#changes.close(), this.#rotation.close()]);
    this.#parts.images.close();
    this.#parts.cri.close();
  }

  async listPods(): Promise<ObservedPod[]> {
    const [sandboxes, containers] = await Promise.all([this.#sandboxes.list(), this.#containers.records()]);
    const uids = new Set([...sandboxes, ...containers].map(({ labels: found }) => found[labels.podUid] ?? ""));
    const pods = await Promise.all([...uids].map((uid) => this.observePod(uid)));
    return pods.filter((pod) => pod !== undefined);
  }

  async observePod(uid: string): Promise<ObservedPod | undefined> {
    const [known, containers] = await Promise.all([this.#sandboxes.observe(uid), this.#containers.list(uid)]);
    // Containers never outlive the record of their sandbox.
    if (!known) return undefined;
    const { namespace, name } = known.spec;
    return { uid, namespace, name, sandbox: withoutOrigin(known), containers };
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
    await this.#sandboxes.remove(podUid);
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

  async #logs(): Promise<{ id: string; logPath: string }[]> {
    const running = (await this.#containers.records()).filter(({ state }) => state === "CONTAINER_RUNNING");
    return running.flatMap(({ id, annotations }) => {
      const note = noteOf(annotations);
      return note ? [{ id, logPath: note.logPath }] : [];
    });
  }
}
