import { rm } from "node:fs/promises";
import type { Pod } from "@drydock/machinery";
import { containerLogPath, podLogDirectory } from "../logs/log-paths.ts";
import type { ObservedContainer, ObservedPod, PodRuntime } from "../port/pod-runtime.ts";
import type { PodDirectories } from "../volumes/pod-directories.ts";
import { createTerminationMessage, readTerminationMessage } from "../volumes/termination-message.ts";
import { prepareVolumes, removeVolumes } from "../volumes/volumes.ts";
import { type ClusterNetwork, containerSpecOf, sandboxSpecOf } from "./container-spec.ts";
import type { Action } from "./decide.ts";

export interface PodHostOptions {
  runtime: PodRuntime;
  directories: PodDirectories;
  network: ClusterNetwork;
  node: { name: string; address: string; memoryBytes: number };
}

/** A pod on this node as the sync loop handles it: the runtime, together with what the agent itself keeps of a pod on disk (volumes, logs, last words). */
export class PodHost {
  readonly #options: PodHostOptions;

  constructor(options: PodHostOptions) {
    this.#options = options;
  }

  async observe(uid: string): Promise<ObservedPod | undefined> {
    const { runtime, directories } = this.#options;
    const pod = await runtime.observePod(uid);
    if (!pod) return undefined;
    const containers = await Promise.all(
      pod.containers.map(async (run) => {
        if (run.state !== "exited" || run.message) return run;
        const message = await readTerminationMessage(directories.terminationMessage(uid, run.name, run.attempt));
        return message === undefined ? run : { ...run, message };
      }),
    );
    return { ...pod, containers };
  }

  async ensureSandbox(pod: Pod): Promise<void> {
    const { runtime, network } = this.#options;
    await runtime.ensureSandbox(sandboxSpecOf(pod, network));
  }

  async start(pod: Pod, start: Extract<Action, { type: "start" }>, podIP: string): Promise<ObservedContainer> {
    const { runtime, directories, node } = this.#options;
    const { namespace = "default", name, uid = "" } = pod.metadata;
    const { container, attempt } = start;
    const terminationMessagePath = directories.terminationMessage(uid, container.name, attempt);
    const [mounts] = await Promise.all([
      prepareVolumes(pod, container, directories),
      createTerminationMessage(terminationMessagePath),
    ]);
    return runtime.startContainer(
      containerSpecOf({
        pod,
        start,
        facts: { nodeName: node.name, hostIP: node.address, podIP },
        mounts,
        logPath: containerLogPath(directories.logs, { namespace, name, uid }, container.name, attempt),
        terminationMessagePath,
        machineMemoryBytes: node.memoryBytes,
      }),
    );
  }

  /** Deletes everything that is here of a pod. Idempotent. */
  async forget(uid: string, observed: ObservedPod | undefined, pod: Pod | undefined): Promise<void> {
    const { runtime, directories } = this.#options;
    const namespace = pod?.metadata.namespace ?? observed?.namespace;
    const name = pod?.metadata.name ?? observed?.name;
    await runtime.removePod(uid);
    await removeVolumes(uid, directories);
    if (namespace === undefined || name === undefined) return;
    await rm(podLogDirectory(directories.logs, { namespace, name, uid }), { recursive: true, force: true });
  }
}
