import type { Column } from "../../kind.ts";
import { ageColumn, ageOf, nameColumn } from "../define.ts";
import { isSidecar } from "./containers.ts";
import type { Pod } from "./pod.ts";
import type { ContainerStatus } from "./status.ts";

/** Follows printPod of kubernetes/pkg/printers/internalversion/printers.go. */
export const podColumns: Column<Pod>[] = [
  nameColumn,
  { name: "Ready", type: "string", description: "Ready containers of all containers.", value: ready },
  { name: "Status", type: "string", description: "The state of the containers in one word.", value: podStatusWord },
  { name: "Restarts", type: "string", description: "How often containers were started again.", value: restarts },
  ageColumn,
  {
    name: "IP",
    type: "string",
    priority: 1,
    description: "Address of the pod.",
    value: (pod) => pod.status?.podIP || "<none>",
  },
  {
    name: "Node",
    type: "string",
    priority: 1,
    description: "Node that runs the pod.",
    value: (pod) => pod.spec.nodeName || "<none>",
  },
  {
    name: "Nominated Node",
    type: "string",
    priority: 1,
    description: "Node on which room is being made for the pod.",
    value: (pod) => pod.status?.nominatedNodeName || "<none>",
  },
  {
    name: "Readiness Gates",
    type: "string",
    priority: 1,
    description: "Conditions that must hold besides the containers' readiness.",
    value: () => "<none>",
  },
];

/** Sidecars count: they run as long as the pod does. */
function ready(pod: Pod): string {
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const lasting = [
    ...(pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.includes(name)),
    ...statuses(pod),
  ];
  const count = lasting.filter((status) => status.ready && status.state?.running).length;
  return `${count}/${pod.spec.containers.length + sidecars.length}`;
}

function restarts(pod: Pod, now: number): string {
  let count = 0;
  let last: string | undefined;
  const shown = initialization(pod) === undefined ? statuses(pod) : (pod.status?.initContainerStatuses ?? []);
  for (const status of shown) {
    count += status.restartCount;
    const finished = status.lastState?.terminated?.finishedAt;
    if (finished !== undefined && (last === undefined || finished > last)) last = finished;
  }
  return count > 0 && last !== undefined ? `${count} (${ageOf(last, now)} ago)` : String(count);
}

/** What `kubectl get pods` shows as STATUS: the reason of the last container that has one, else the pod's reason or phase. */
export function podStatusWord(pod: Pod): string {
  let word: string = initialization(pod) ?? (pod.status?.reason || pod.status?.phase || "Pending");
  let someRunning = false;
  const main = initialization(pod) === undefined ? statuses(pod) : [];
  for (const { state, ready: isReady } of [...main].reverse()) {
    if (state?.waiting?.reason) word = state.waiting.reason;
    else if (state?.terminated) word = terminatedWord(state.terminated);
    else if (isReady && state?.running) someRunning = true;
  }
  if (word === "Completed" && someRunning) word = hasReadyCondition(pod) ? "Running" : "NotReady";
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (pod.status?.reason === "NodeLost") return "Unknown";
    if (pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed") return "Terminating";
  }
  return word;
}

/** Init:1/2, Init:Error … while init containers have not done their work; undefined when they have. */
function initialization(pod: Pod): string | undefined {
  const { initContainers = [] } = pod.spec;
  const isDone = (pod.status?.conditions ?? []).some(({ type, status }) => type === "Initialized" && status === "True");
  if (isDone) return undefined;
  for (const [i, { name, state, started }] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const container = initContainers.find((one) => one.name === name);
    if (state?.terminated?.exitCode === 0) continue;
    if (container && isSidecar(container) && started) continue;
    if (state?.terminated) return `Init:${terminatedWord(state.terminated)}`;
    const waits = state?.waiting?.reason;
    return waits && waits !== "PodInitializing" ? `Init:${waits}` : `Init:${i}/${initContainers.length}`;
  }
  return undefined;
}

function terminatedWord(terminated: { reason?: string; signal?: number; exitCode: number }): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function hasReadyCondition(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

function statuses(pod: Pod): ContainerStatus[] {
  return pod.status?.containerStatuses ?? [];
}
