import { hasCode } from "@drydock/kit";
import {
  type Client,
  getIfExists,
  type Informer,
  Lease,
  Node,
  Pod,
  retryOnConflict,
  rfc3339,
  rfc3339Micro,
  startInformer,
} from "@drydock/machinery";

/** A pod whose image has this name starts and never becomes ready. */
export const brokenImage = "broken";

export interface FakeAgent {
  /** No heartbeat and no status from now on, as if the node had lost its power. */
  fail(): void;
  /** Takes up its work again. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

export interface FakeAgentOptions {
  client: Client;
  name: string;
  heartbeatMs?: number;
  allocatable?: Record<string, string>;
}

/** Does what an agent does in the API, and runs nothing: keeps Node and Lease, makes its pods Running and Ready, and ends them when they are deleted. */
export async function startFakeAgent(options: FakeAgentOptions): Promise<FakeAgent> {
  const { client, name, heartbeatMs = 200, allocatable = { cpu: "4", memory: "8Gi", pods: "110" } } = options;
  let alive = true;
  const work = new Set<Promise<void>>();
  const track = (promise: Promise<void>): void => {
    const tracked = promise
      .catch((error: unknown) => {
        if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT", "API_UNAVAILABLE")) throw error;
      })
      .finally(() => work.delete(tracked));
    work.add(tracked);
  };

  await client.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name } });
  await postReady();
  await beat();
  const timer = setInterval(() => alive && track(beat()), heartbeatMs);
  const pods: Informer<Pod> = startInformer(client, Pod, { fieldSelector: `spec.nodeName=${name}` });
  pods.addHandler({ added: (pod) => act(pod), updated: (pod) => act(pod) });

  async function postReady(): Promise<void> {
    await retryOnConflict(async () => {
      const node = await client.get(Node, { name });
      const now = rfc3339(Date.now());
      const ready = { type: "Ready", status: "True", reason: "KubeletReady", lastHeartbeatTime: now };
      const conditions = [{ ...ready, status: "True" as const, lastTransitionTime: now }];
      await client.updateStatus(Node, { ...node, status: { allocatable, capacity: allocatable, conditions } });
    });
  }

  async function beat(): Promise<void> {
    const key = { namespace: "kube-node-lease", name };
    const spec = { holderIdentity: name, leaseDurationSeconds: 1, renewTime: rfc3339Micro(Date.now()) };
    const lease = await getIfExists(client, Lease, key);
    if (lease !== undefined) await client.update(Lease, { ...lease, spec });
    else await client.create(Lease, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: key, spec });
  }

  function act(pod: Pod): void {
    if (!alive) return;
    if (pod.metadata.deletionTimestamp !== undefined) track(end(pod));
    else if (pod.status?.phase === "Pending") track(start(pod));
  }

  async function start(pod: Pod): Promise<void> {
    const now = rfc3339(Date.now());
    const ready = pod.spec.containers.every(({ image }) => image !== brokenImage);
    const status = {
      phase: "Running" as const,
      startTime: now,
      conditions: [
        ...(pod.status?.conditions ?? []),
        { type: "Ready", status: ready ? ("True" as const) : ("False" as const), lastTransitionTime: now },
      ],
    };
    await client.updateStatus(Pod, { ...pod, status: { ...pod.status, ...status } });
  }

  async function end({ metadata }: Pod): Promise<void> {
    const { uid = "" } = metadata;
    await client.delete(Pod, metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
  }

  return {
    fail() {
      alive = false;
    },
    async recover() {
      alive = true;
      await beat();
      await postReady();
      for (const pod of pods.list()) act(pod);
    },
    async close() {
      clearInterval(timer);
      alive = false;
      await pods.stop();
      await Promise.all(work);
    },
  };
}
