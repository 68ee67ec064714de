import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "@drydock/kit";
import {
  type Client,
  getIfExists,
  keyOf,
  Lease,
  Node,
  Pod,
  type PodStatus,
  retryOnConflict,
  rfc3339,
  rfc3339Micro,
  startInformer,
  type Taint,
} from "@drydock/machinery";

export interface HollowNodeOptions {
  name: string;
  labels?: Record<string, string>;
  taints?: Taint[];
  /** 4 cpu, 8Gi memory and 110 pods unless stated. */
  allocatable?: Record<string, string>;
  /** 500 ms unless stated. */
  heartbeatMs?: number;
  /** A pod is ready so long after the node has seen it, ms; 0 unless stated. */
  readyAfterMs?: number;
  /** Whether its containers are; they run all the same. Asked at every change of a pod, and by `look`. Yes unless stated. */
  isReady?(pod: Pod): boolean;
  /** What is reported of a pod instead of "running and ready": a crash loop, an image that is not there. Undefined: nothing. Asked as isReady is. */
  statusOf?(pod: Pod): PodStatus | undefined;
}

/** Does in the API what a node agent does, and runs nothing. */
export interface HollowNode {
  readonly name: string;
  /** No heartbeat and no status any more, as if its plug had been pulled. */
  fail(): void;
  recover(): Promise<void>;
  /** Looks at all of its pods again: what isReady and statusOf say has changed. */
  look(): void;
  stop(): Promise<void>;
}

const RETRY_MS = 200;
const STARTING_TRIES = 5;
/** Of lost races, and of an API server that is away or has too much to do: once more, a little later. */
const passing = ["API_CONFLICT", "API_ALREADY_EXISTS", "API_UNAVAILABLE", "API_TOO_MANY_REQUESTS"] as const;

export async function startHollowNode(client: Client, options: HollowNodeOptions): Promise<HollowNode> {
  const { name, labels = {}, taints, heartbeatMs = 500, readyAfterMs = 0 } = options;
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110", ...options.allocatable };
  const stopping = new AbortController();
  const { signal } = stopping;
  let alive = true;

  /** For what nobody waits for. Lost races and objects that have gone are ordinary, and so is an API server that is away: then once more. */
  const inBackground = (work: () => Promise<unknown>): void => {
    work().catch((error: unknown) => {
      if (signal.aborted || hasCode(error, "API_NOT_FOUND")) return;
      if (!hasCode(error, ...passing)) throw error;
      setTimeout(() => alive && inBackground(work), RETRY_MS).unref();
    });
  };

  async function register(): Promise<void> {
    const metadata = { name, labels: { "kubernetes.io/hostname": name, ...labels } };
    const node: Node = { apiVersion: "v1", kind: "Node", metadata, ...(taints ? { spec: { taints } } : {}) };
    if ((await getIfExists(client, Node, { name })) === undefined) await client.create(Node, node);
    await retryOnConflict(async () => {
      const stored = await client.get(Node, { name });
      const now = rfc3339(Date.now());
      const ready = { type: "Ready", status: "True" as const, reason: "KubeletReady", lastHeartbeatTime: now };
      const conditions = [{ ...ready, lastTransitionTime: now }];
      await client.updateStatus(Node, {
        ...stored,
        status: { ...stored.status, allocatable, capacity: allocatable, conditions },
      });
    });
  }

  async function beat(): Promise<void> {
    const metadata = { namespace: "kube-node-lease", name };
    const spec = { holderIdentity: name, leaseDurationSeconds: 1, renewTime: rfc3339Micro(Date.now()) };
    const lease = await getIfExists(client, Lease, metadata);
    if (lease !== undefined) await client.update(Lease, { ...lease, spec });
    else await client.create(Lease, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec });
  }

  const firstSeen = new Map<string, number>();

  async function act(key: string): Promise<void> {
    const pod = pods.get(key);
    if (!alive || pod === undefined) return;
    const { uid = "", deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      firstSeen.delete(uid);
      await client.delete(Pod, pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
      return;
    }
    const seenAt = firstSeen.get(uid) ?? Date.now();
    firstSeen.set(uid, seenAt);
    const early = seenAt + readyAfterMs - Date.now();
    if (early > 0 && options.statusOf === undefined) {
      setTimeout(() => alive && inBackground(() => act(key)), early).unref();
      return;
    }
    const wanted = options.statusOf ? options.statusOf(pod) : runningStatus(pod, options.isReady?.(pod) ?? true);
    if (wanted === undefined || reports(pod.status, wanted)) return;
    const conditions = [
      ...(pod.status?.conditions ?? []).filter(({ type }) => !wanted.conditions?.some((one) => one.type === type)),
      ...(wanted.conditions ?? []),
    ];
    await client.updateStatus(Pod, { ...pod, status: { ...pod.status, ...wanted, conditions } });
  }

  /** A machine under load may take longer to connect than the client waits. */
  const patiently = async (work: () => Promise<unknown>): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        await work();
        return;
      } catch (error) {
        if (!hasCode(error, "API_UNAVAILABLE") || tries === STARTING_TRIES) throw error;
        await sleep(RETRY_MS, undefined, { signal });
      }
    }
  };

  await patiently(register);
  await patiently(beat);
  const timer = setInterval(() => alive && inBackground(beat), heartbeatMs);
  const pods = startInformer(client, Pod, { fieldSelector: `spec.nodeName=${name}` });
  const look = (pod: Pod): void => inBackground(() => act(keyOf(pod)));
  pods.addHandler({ added: look, updated: look });
  const lookAtAll = (): void => pods.list().forEach(look);

  return {
    name,
    fail() {
      alive = false;
    },
    async recover() {
      alive = true;
      await beat();
      await register();
      lookAtAll();
    },
    look: lookAtAll,
    async stop() {
      alive = false;
      stopping.abort();
      clearInterval(timer);
      await pods.stop();
    },
  };
}

/** All containers run, and are ready or are not. */
function runningStatus(pod: Pod, ready: boolean): PodStatus {
  const now = rfc3339(Date.now());
  return {
    phase: "Running",
    startTime: pod.status?.startTime ?? now,
    conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: now }],
    containerStatuses: pod.spec.containers.map(({ name, image = "" }) => ({
      name,
      image,
      imageID: image,
      ready,
      restartCount: 0,
      started: true,
      state: { running: { startedAt: now } },
    })),
  };
}

/** Whether a pod's status says it already; times do not count. */
function reports(status: PodStatus | undefined, wanted: PodStatus): boolean {
  const essence = (of: PodStatus | undefined): string =>
    JSON.stringify([
      of?.phase,
      of?.reason,
      of?.conditions
        ?.filter(({ type }) => wanted.conditions?.some((one) => one.type === type))
        .map((one) => [one.type, one.status, one.reason]),
      of?.containerStatuses?.map(({ ready, restartCount, state }) => [
        ready,
        restartCount,
        Object.keys(state ?? {}),
        state?.waiting?.reason,
        state?.terminated?.reason,
      ]),
    ]);
  return essence(status) === essence(wanted);
}
