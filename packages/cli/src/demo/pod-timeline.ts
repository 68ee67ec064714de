import type { Client, Pod } from "@drydock/machinery";
import { Pod as PodKind } from "@drydock/machinery";

/** What a reader wants to know of a pod at a glance: `Running, ready` or why not. */
export function describePod(pod: Pod): string {
  if (pod.metadata.deletionTimestamp) return "Terminating";
  const phase = pod.status?.phase ?? "Pending";
  const container = pod.status?.containerStatuses?.[0];
  const waiting = container?.state?.waiting?.reason;
  if (waiting) return `${phase}, ${waiting}`;
  if (container?.state?.terminated) return `container ended with ${container.state.terminated.exitCode}`;
  if (phase === "Pending")
    return pod.spec.nodeName ? `Pending, given to ${pod.spec.nodeName}` : "Pending, not yet on a node";
  return isReady(pod) ? `${phase}, ready` : phase;
}

export function isReady(pod: Pod): boolean {
  return (
    !pod.metadata.deletionTimestamp &&
    (pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false)
  );
}

export interface Following {
  client: Client;
  labelSelector: string;
  tell: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Watches the pods of a selector while `act` does something to them, tells every change of what `describePod` says with the time since
 * the call, and resolves with the pods as soon as `act` is done and `until` holds for all that exist at one moment.
 */
export async function followPods(
  { client, labelSelector, tell, signal }: Following,
  act: () => Promise<unknown>,
  until: (pods: Pod[]) => boolean,
): Promise<Pod[]> {
  const options = { namespace: "default", labelSelector };
  const list = await client.list(PodKind, options);
  const pods = new Map(list.items.map((pod) => [pod.metadata.name, pod]));
  // Where the story begins is not news.
  const told = new Map(list.items.map((pod) => [pod.metadata.name, describePod(pod)]));
  const started = performance.now();
  const report = (pod: Pod, text: string): void => {
    const { name } = pod.metadata;
    if (told.get(name) === text) return;
    told.set(name, text);
    tell(`+${((performance.now() - started) / 1000).toFixed(3)} s  ${name}  ${text}`);
  };
  const stop = new AbortController();
  let acted = false;
  const holds = (): boolean => acted && until([...pods.values()]);
  const follow = async (): Promise<void> => {
    const watch = client.watch(PodKind, {
      ...options,
      resourceVersion: list.metadata.resourceVersion,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    for await (const event of watch) {
      if (event.type === "BOOKMARK") continue;
      const { object } = event;
      if (event.type === "DELETED") pods.delete(object.metadata.name);
      else pods.set(object.metadata.name, object);
      report(object, event.type === "DELETED" ? "gone" : describePod(object));
      if (holds()) stop.abort();
    }
    if (!stop.signal.aborted) {
      signal.throwIfAborted();
      throw new Error("the API server ended the watch before the pods were as expected");
    }
  };
  const actThenLook = async (): Promise<void> => {
    await act();
    acted = true;
    if (holds()) stop.abort();
  };
  try {
    await Promise.all([follow(), actThenLook()]);
    return [...pods.values()];
  } finally {
    stop.abort();
  }
}
