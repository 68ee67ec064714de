import type { Logger } from "@drydock/kit";
import {
  type Client,
  ConfigMap,
  type Informer,
  type Pod,
  podReferences,
  type ResourceType,
  Secret,
  startInformer,
} from "@drydock/machinery";
import { agentError } from "../errors.ts";
import type { SourceObjects } from "./source-objects.ts";

interface Watched {
  informer: Informer<ConfigMap> | Informer<Secret>;
  /** Uids of the pods that refer to it. */
  pods: Set<string>;
}

export interface ObjectWatchesOptions {
  client: Client;
  logger: Logger;
  /** An object that the pod refers to has come, changed or gone. */
  onChange: (podUid: string) => void;
  /** How long a container's start waits for the API server, ms. */
  timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;

/**
 * The ConfigMaps and Secrets that pods of this node refer to, and no others: one watch of one name for each, for as long as a pod needs it. A node
 * may read those alone, so that one that is broken into gives away no more.
 */
export class ObjectWatches {
  readonly #options: ObjectWatchesOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #ofPod = new Map<string, Set<string>>();

  constructor(options: ObjectWatchesOptions) {
    this.#options = options;
  }

  /** Watches what the pod refers to now, and waits until the first answers are here. AGENT_SOURCE_UNKNOWN when they do not come. */
  async of(pod: Pod): Promise<SourceObjects> {
    const uid = pod.metadata.uid ?? "";
    const namespace = pod.metadata.namespace ?? "default";
    const { configMaps, secrets } = podReferences(pod.spec);
    const wanted = new Map<string, Watched>();
    for (const name of configMaps)
      wanted.set(keyOf("configmap", namespace, name), this.#watch(ConfigMap, namespace, name));
    for (const name of secrets) wanted.set(keyOf("secret", namespace, name), this.#watch(Secret, namespace, name));
    for (const one of wanted.values()) one.pods.add(uid);
    const before = this.#ofPod.get(uid) ?? new Set();
    this.#ofPod.set(uid, new Set(wanted.keys()));
    await this.#drop(
      uid,
      [...before].filter((key) => !wanted.has(key)),
    );
    for (const [key, { informer }] of wanted) await this.#synced(key, informer);
    const find = (kind: "configmap" | "secret", name: string) =>
      wanted.get(keyOf(kind, namespace, name))?.informer.get(`${namespace}/${name}`);
    return {
      configMap: (name) => find("configmap", name) as ConfigMap | undefined,
      secret: (name) => find("secret", name) as Secret | undefined,
    };
  }

  /** The pod is gone. */
  async forget(podUid: string): Promise<void> {
    const keys = this.#ofPod.get(podUid) ?? [];
    this.#ofPod.delete(podUid);
    await this.#drop(podUid, [...keys]);
  }

  async stop(): Promise<void> {
    const all = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.all(all.map(({ informer }) => informer.stop()));
  }

  #watch(type: ResourceType<ConfigMap> | ResourceType<Secret>, namespace: string, name: string): Watched {
    const key = keyOf(type.kind.toLowerCase() as "configmap" | "secret", namespace, name);
    const present = this.#watched.get(key);
    if (present) return present;
    const { client, logger, onChange } = this.#options;
    const informer = startInformer(client, type as ResourceType<ConfigMap>, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      logger,
    });
    const watched: Watched = { informer, pods: new Set() };
    const tell = (): void => {
      for (const uid of watched.pods) onChange(uid);
    };
    informer.addHandler({ added: tell, updated: tell, deleted: tell });
    this.#watched.set(key, watched);
    return watched;
  }

  async #drop(podUid: string, keys: string[]): Promise<void> {
    for (const key of keys) {
      const watched = this.#watched.get(key);
      watched?.pods.delete(podUid);
      if (!watched || watched.pods.size > 0) continue;
      this.#watched.delete(key);
      await watched.informer.stop();
    }
  }

  async #synced(key: string, informer: Watched["informer"]): Promise<void> {
    const timeoutMs = this.#options.timeoutMs ?? defaultTimeoutMs;
    const late = AbortSignal.timeout(timeoutMs);
    try {
      await informer.synced(late);
    } catch (error) {
      if (!late.aborted) throw error;
      const last = informer.health().lastError?.message;
      throw agentError("AGENT_SOURCE_UNKNOWN", `${key} could not be read for ${timeoutMs} ms: ${last ?? "no answer"}`, {
        hint: "is the API server reached, and may this node read it?",
        cause: error,
      });
    }
  }
}

function keyOf(kind: "configmap" | "secret", namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}
