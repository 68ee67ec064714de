import { type Logger, messageOf } from "@drydock/kit";
import { type Client, type Informer, Pod, startInformer } from "@drydock/machinery";
import type { PodRuntime } from "../port/pod-runtime.ts";
import { PodWorker } from "./pod-worker.ts";
import type { WorkerEnvironment } from "./worker-environment.ts";

export interface PodManagerOptions {
  client: Client;
  nodeName: string;
  runtime: PodRuntime;
  environment: WorkerEnvironment;
  logger: Logger;
}

/** One worker for each pod that is bound to this node or has anything left on it. */
export class PodManager {
  readonly #options: PodManagerOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #informer: Informer<Pod>;
  readonly #unsubscribe: () => void;
  #stopped = false;

  constructor(options: PodManagerOptions) {
    this.#options = options;
    this.#informer = startInformer(options.client, Pod, {
      fieldSelector: `spec.nodeName=${options.nodeName}`,
      logger: options.logger,
    });
    this.#informer.addHandler({
      added: (pod) => this.#update(pod),
      updated: (pod, old) => {
        if (pod.metadata.uid !== old.metadata.uid) this.#remove(old);
        this.#update(pod);
      },
      deleted: (pod) => this.#remove(pod),
    });
    this.#unsubscribe = options.runtime.onChange((uid) => this.#workers.get(uid)?.poke());
    this.#removeOrphans().catch((error: unknown) => {
      if (!this.#stopped) options.logger.error({ error: messageOf(error) }, "pods left from before could not be found");
    });
  }

  /** Pods of this node as the API has them. */
  pods(): Pod[] {
    return this.#informer.list();
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#informer.get(`${namespace}/${name}`);
  }

  /** A ConfigMap or Secret that the pod refers to has changed. */
  sourcesChanged(podUid: string): void {
    this.#workers.get(podUid)?.sourcesChanged();
  }

  /** Leaves all containers alone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    await this.#informer.stop();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }

  #update(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    const worker = this.#workers.get(uid);
    if (worker) worker.update(pod);
    else this.#begin(uid, pod);
  }

  #remove(pod: Pod): void {
    this.#workers.get(pod.metadata.uid ?? "")?.update(undefined);
  }

  /** Pods that run here and are not in the API any more: they were deleted while nobody watched. */
  async #removeOrphans(): Promise<void> {
    await this.#informer.synced();
    for (const { uid, namespace, name } of await this.#options.runtime.listPods()) {
      if (this.#stopped || this.#workers.has(uid)) continue;
      this.#options.logger.info({ pod: `${namespace}/${name}` }, "pod is no longer wanted");
      this.#begin(uid, undefined);
    }
  }

  #begin(uid: string, pod: Pod | undefined): void {
    if (this.#stopped) return;
    const worker = new PodWorker(uid, pod, this.#options.environment);
    this.#workers.set(uid, worker);
    void worker.done.then(() => {
      if (this.#workers.get(uid) === worker) this.#workers.delete(uid);
    });
  }
}
