import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ContainerdClient, ContainerdImage, Mount } from "@drydock/containerd";
import { hasCode, type Logger, messageOf } from "@drydock/kit";
import { parseSignal, signalNumbers } from "@drydock/linux";
import { agentError } from "../errors.ts";
import { containerConfig } from "../native/container-config.ts";
import { readEtcFile } from "../native/image-users.ts";
import type { NativeLayout } from "../native/layout.ts";
import { makeFifos } from "../native/log-pump.ts";
import { type PodRecord, readRecord } from "../native/records.ts";
import { type ProcessUser, resolveUser } from "../native/resolve-user.ts";
import type { ContainerSpec, ObservedContainer } from "../port/pod-runtime.ts";
import { type CreatedNote, containerdId, labelsOf, type NotedContainer, noteEntry } from "./container-record.ts";
import type { LogPumps } from "./log-pumps.ts";
import { observedRun, type RunFacts } from "./observed-run.ts";
import { lowestOomScore, oomScoreWithin } from "./oom-score.ts";
import { rootLayers } from "./root-layers.ts";
import { runcConfig } from "./runc-config.ts";
import { runcFailure } from "./runc-failure.ts";

export interface RunStarterOptions {
  client: ContainerdClient;
  layout: NativeLayout;
  pumps: LogPumps;
  logger: Logger;
}

/** Makes a container of a pod and starts it, in an order in which whatever a crash leaves can be told apart afterwards. */
export class RunStarter {
  readonly #options: RunStarterOptions;
  readonly #client: ContainerdClient;
  readonly #layout: NativeLayout;

  constructor(options: RunStarterOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#layout = options.layout;
  }

  /**
   * Resolves when the process runs, or was refused by containerd or runc, which is written down with the container. Throws when the container
   * cannot even be made: image gone, user unknown, no command.
   */
  async start(spec: ContainerSpec): Promise<ObservedContainer> {
    const directory = this.#layout.container(spec);
    await mkdir(dirname(spec.logPath), { recursive: true });
    await mkdir(directory, { recursive: true });
    const { container, root } = await this.#create(spec);
    const { id } = container;
    const fifos = makeFifos(directory);
    const pump = this.#options.pumps.open(id, directory, spec.logPath, true);
    try {
      const { tasks } = this.#client.services;
      await tasks.create({ containerId: id, rootfs: root, stdin: "", ...fifos, terminal: false });
      pump.release();
      const started = noteEntry("started", { startedAt: new Date().toISOString() });
      await Promise.all([tasks.start({ containerId: id }), this.#client.containers.setExtensions(id, started)]);
      return observed(container, started, { status: "RUNNING", exitStatus: 0, exitedAt: null });
    } catch (error) {
      // Nobody knows whether it was carried out: that shows when the pod is looked at.
      if (hasCode(error, "CONTAINERD_UNREACHABLE", "CONTAINERD_TIMEOUT")) throw error;
      const failed = noteEntry("failed", runcFailure(error));
      await this.#client.containers.setExtensions(id, failed);
      await this.#deleteTask(id);
      return observed(container, failed, undefined);
    } finally {
      pump.release();
    }
  }

  async #deleteTask(id: string): Promise<void> {
    await this.#client.tasks.delete(id).catch((error: unknown) => {
      this.#options.logger.warn({ id, error: messageOf(error) }, "task that did not start could not be deleted");
    });
  }

  async #create(spec: ContainerSpec): Promise<{ container: NotedContainer; root: Mount[] }> {
    const id = containerdId(spec);
    const [image, pod] = await Promise.all([
      this.#client.images.read(spec.imageId),
      readRecord<PodRecord>(this.#layout.podRecord(spec.podUid)),
    ]);
    if (!image || !pod) {
      throw agentError(
        "AGENT_POD_NOT_FOUND",
        `${image ? "sandbox" : `image ${spec.image}`} of container ${spec.name} is gone`,
      );
    }
    const { oomScoreAdj, notEnforced } = oomScoreWithin(lowestOomScore(), spec.oomScoreAdj);
    const cgroup = join(pod.cgroupParent, id);
    const created: CreatedNote = {
      image: spec.image,
      imageId: spec.imageId,
      specHash: spec.specHash,
      failures: spec.failures,
      createdAt: new Date().toISOString(),
      logPath: spec.logPath,
      stopSignal: parseSignal(image.config.StopSignal ?? "") ?? signalNumbers.SIGTERM,
      cgroup,
      notEnforced,
    };
    const container = { id, labels: labelsOf(spec, pod), extensions: noteEntry("created", created) };
    const root = await this.#client.containers.create({
      ...container,
      image: spec.image,
      chainId: image.chainId,
      spec: async (root) =>
        runcConfig(
          containerConfig({
            spec: { ...spec, oomScoreAdj },
            image: image.config,
            user: await userOf(spec, image, rootLayers(root)),
            namespaces: this.#layout.namespaces(spec.podUid),
            etc: this.#layout.etc(spec.podUid),
            hostname: pod.hostname,
            cgroupsPath: cgroup,
          }),
        ),
    });
    return { container, root };
  }
}

function observed(container: NotedContainer, note: NotedContainer["extensions"], task: RunFacts["task"]) {
  const noted = { ...container, extensions: { ...container.extensions, ...note } };
  return observedRun({ container: noted, task, oomKilled: false }) as ObservedContainer;
}

async function userOf(spec: ContainerSpec, image: ContainerdImage, layers: string[]): Promise<ProcessUser> {
  const [passwd, group] = await Promise.all([readEtcFile(layers, "passwd"), readEtcFile(layers, "group")]);
  return resolveUser(image.config.User, spec.security, { passwd, group });
}
