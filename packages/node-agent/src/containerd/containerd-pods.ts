import { rm } from "node:fs/promises";
import type { Container, ContainerdClient } from "@drydock/containerd";
import { hasCode, type Logger, messageOf, systemClock } from "@drydock/kit";
import type { ExecSession } from "@drydock/runtime";
import { agentError } from "../errors.ts";
import type { NativeLayout } from "../native/layout.ts";
import { type PodRecord, readRecord } from "../native/records.ts";
import type { Sandboxes } from "../native/sandboxes.ts";
import type {
  ContainerSpec,
  ExecInContainer,
  ObservedContainer,
  ObservedPod,
  ObservedSandbox,
  PodRuntime,
  SandboxSpec,
} from "../port/pod-runtime.ts";
import { labels } from "./container-record.ts";
import type { ContainerdContainers } from "./containerd-containers.ts";
import { makePodCgroup, removePodCgroup } from "./pod-cgroups.ts";

export interface ContainerdPodsParts {
  client: ContainerdClient;
  layout: NativeLayout;
  sandboxes: Sandboxes;
  containers: ContainerdContainers;
  /** Of which pods this process reads the output and writes down how they ended. */
  takesOn: (podUid: string) => boolean;
  logger: Logger;
}

type Events = Awaited<ReturnType<ContainerdClient["subscribe"]>>;

/** How long after the loss of containerd it is subscribed to again, ms. */
const resubscribeMs = 200;

/**
 * Pods on containerd; see PodRuntime for the contract. A sandbox is the same as on our own runtime (namespaces that are kept by mounts, a
 * bridge); its containers are containerd's.
 */
export class ContainerdPods implements PodRuntime {
  readonly #client: ContainerdClient;
  readonly #layout: NativeLayout;
  readonly #sandboxes: Sandboxes;
  readonly #containers: ContainerdContainers;
  readonly #takesOn: (podUid: string) => boolean;
  readonly #logger: Logger;
  readonly #listeners = new Set<(podUid: string) => void>();
  readonly #closed = new AbortController();
  #following: Promise<void> = Promise.resolve();

  constructor(parts: ContainerdPodsParts) {
    this.#client = parts.client;
    this.#layout = parts.layout;
    this.#sandboxes = parts.sandboxes;
    this.#containers = parts.containers;
    this.#takesOn = parts.takesOn;
    this.#logger = parts.logger;
  }

  async open(): Promise<void> {
    await this.#sandboxes.open();
    const events = await this.#client.subscribe(this.#closed.signal);
    await this.#relist();
    this.#following = this.#follow(events);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#closed.abort();
    await this.#following;
    this.#containers.close();
    this.#client.close();
  }

  async listPods(): Promise<ObservedPod[]> {
    const ofContainers = (await this.#containers.records()).map(podUidOf);
    const uids = new Set([...(await this.#sandboxes.uids()), ...ofContainers]);
    const pods = await Promise.all([...uids].map((uid) => this.observePod(uid)));
    return pods.filter((pod) => pod !== undefined);
  }

  async observePod(uid: string): Promise<ObservedPod | undefined> {
    const [record, sandbox, containers] = await Promise.all([
      readRecord<PodRecord>(this.#layout.podRecord(uid)),
      this.#sandboxes.observe(uid),
      this.#containers.list(uid),
    ]);
    const { namespace, name } = record ?? (await this.#podOfLabels(uid)) ?? {};
    if (namespace === undefined || name === undefined) return undefined;
    return { uid, namespace, name, ...(sandbox ? { sandbox } : {}), containers };
  }

  async ensureSandbox(spec: SandboxSpec): Promise<ObservedSandbox> {
    makePodCgroup(spec.cgroupParent);
    return this.#sandboxes.ensure(spec);
  }

  async stopSandbox(podUid: string): Promise<void> {
    const record = await readRecord<PodRecord>(this.#layout.podRecord(podUid));
    if (record) removePodCgroup(record.cgroupParent);
    await this.#sandboxes.stop(podUid);
  }

  async removePod(podUid: string): Promise<void> {
    const containers = await this.#containers.list(podUid);
    const running = containers.find((container) => container.state === "running");
    if (running) throw agentError("AGENT_POD_NOT_EMPTY", `container ${running.id} still runs`);
    for (const { id } of containers) await this.#containers.remove(id);
    await this.stopSandbox(podUid);
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

  /** Reads events for as long as this is open; when containerd goes, waits for it and looks at everything that it may have left unsaid. */
  async #follow(events: Events): Promise<void> {
    let current = events;
    while (!this.#closed.signal.aborted) {
      try {
        for await (const { topic, event } of current) {
          // Each process has its exit; the container's own first one bears its name.
          if (topic === "/tasks/exit" && event.id === event.containerId) void this.#ended(event.containerId);
        }
      } catch (error) {
        this.#logger.warn({ error: messageOf(error) }, "containerd is gone, its events are waited for");
      }
      current = (await this.#subscribeAgain()) ?? current;
    }
  }

  async #subscribeAgain(): Promise<Events | undefined> {
    while (!this.#closed.signal.aborted) {
      try {
        const events = await this.#client.subscribe(this.#closed.signal);
        await this.#relist();
        this.#logger.info({}, "containerd is back");
        return events;
      } catch (error) {
        if (this.#closed.signal.aborted) break;
        if (!hasCode(error, "CONTAINERD_UNREACHABLE")) {
          this.#logger.error({ error: messageOf(error) }, "containerd cannot be followed, will be tried again");
        }
        await systemClock.sleep(resubscribeMs, this.#closed.signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** Takes on every container as it is now, and says that each pod may have changed. */
  async #relist(): Promise<void> {
    const records = await this.#containers.records();
    for (const container of records.filter((one) => this.#takesOn(podUidOf(one)))) {
      // One container that cannot be read must not keep all others from being taken on.
      await this.#containers.adopt(container).catch((error: unknown) => {
        this.#logger.error({ id: container.id, error: messageOf(error) }, "container could not be taken on");
      });
    }
    for (const uid of new Set(records.map(podUidOf))) this.#changed(uid);
  }

  async #ended(id: string): Promise<void> {
    try {
      const container = await this.#client.containers.get(id);
      if (!container?.labels[labels.podUid]) return;
      // The task says how it ended, so nobody has to wait until that is also written down.
      this.#changed(podUidOf(container));
      if (this.#takesOn(podUidOf(container))) await this.#containers.settle(id);
    } catch (error) {
      // Seen again when containerd is back.
      this.#logger.warn({ id, error: messageOf(error) }, "the end of a container could not be written down");
    }
  }

  #changed(podUid: string): void {
    for (const listener of this.#listeners) listener(podUid);
  }

  async #podOfLabels(uid: string): Promise<{ namespace: string; name: string } | undefined> {
    const [container] = await this.#containers.records(uid);
    const [namespace, name] = [container?.labels[labels.podNamespace], container?.labels[labels.podName]];
    return namespace === undefined || name === undefined ? undefined : { namespace, name };
  }
}

function podUidOf({ labels: found }: Container): string {
  return found[labels.podUid] as string;
}
