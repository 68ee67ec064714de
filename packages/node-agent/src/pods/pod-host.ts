import { rm } from "node:fs/promises";
import type { Pod } from "@drydock/machinery";
import { containerLogPath, podLogDirectory } from "../logs/log-paths.ts";
import type { ObservedContainer, ObservedPod, PodRuntime } from "../port/pod-runtime.ts";
import type { ObjectWatches } from "../sources/object-watches.ts";
import type { PodDirectories } from "../volumes/pod-directories.ts";
import { createTerminationMessage, readTerminationMessage } from "../volumes/termination-message.ts";
import { isWritten } from "../volumes/volume-files.ts";
import { prepareVolumes, refreshVolumes, removeVolumes } from "../volumes/volumes.ts";
import { type ClusterNetwork, containerSpecOf, sandboxSpecOf } from "./container-spec.ts";
import type { Action } from "./decide.ts";
import type { NodeFacts } from "./environment.ts";

export interface PodHostOptions {
  runtime: PodRuntime;
  directories: PodDirectories;
  network: ClusterNetwork;
  sources: ObjectWatches;
  node: { name: string; address: string; cpus: number; memoryBytes: number };
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
    const { runtime, network, directories } = this.#options;
    const { namespace = "default", name, uid = "" } = pod.metadata;
    const logs = podLogDirectory(directories.logs, { namespace, name, uid });
    await runtime.ensureSandbox(sandboxSpecOf(pod, network, logs));
  }

  async start(pod: Pod, start: Extract<Action, { type: "start" }>, podIP: string): Promise<ObservedContainer> {
    const { runtime, directories, node, sources: watches } = this.#options;
    const { namespace = "default", name, uid = "" } = pod.metadata;
    const { container, attempt } = start;
    const terminationMessagePath = directories.terminationMessage(uid, container.name, attempt);
    const facts = this.#facts(podIP);
    const sources = await watches.of(pod);
    const [mounts] = await Promise.all([
      prepareVolumes(pod, container, { directories, facts, sources }),
      createTerminationMessage(terminationMessagePath),
    ]);
    return runtime.startContainer(
      containerSpecOf({
        pod,
        start,
        facts,
        sources,
        mounts,
        logPath: containerLogPath(directories.logs, { namespace, name, uid }, container.name, attempt),
        terminationMessagePath,
        machineMemoryBytes: node.memoryBytes,
      }),
    );
  }

  /** Brings files that containers see up to date with what they are made from. True when some changed. */
  async refreshFiles(pod: Pod, podIP: string): Promise<boolean> {
    if (!pod.spec.volumes?.some(isWritten)) return false;
    const { directories, sources: watches } = this.#options;
    return refreshVolumes(pod, { directories, facts: this.#facts(podIP), sources: await watches.of(pod) });
  }

  #facts(podIP: string): NodeFacts {
    const { name: nodeName, address: hostIP, cpus, memoryBytes } = this.#options.node;
    return { nodeName, hostIP, podIP, cpus, memoryBytes };
  }

  /** Deletes everything that is here of a pod. Idempotent. */
  async forget(uid: string, observed: ObservedPod | undefined, pod: Pod | undefined): Promise<void> {
    const { runtime, directories, sources } = this.#options;
    const namespace = pod?.metadata.namespace ?? observed?.namespace;
    const name = pod?.metadata.name ?? observed?.name;
    await runtime.removePod(uid);
    await sources.forget(uid);
    await removeVolumes(uid, directories);
    if (namespace === undefined || name === undefined) return;
    await rm(podLogDirectory(directories.logs, { namespace, name, uid }), { recursive: true, force: true });
  }
}
