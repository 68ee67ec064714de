import type { PodRuntime } from "../port/pod-runtime.ts";

/** The agent's own figures in Prometheus' text format, under kubelet's names. */
export async function metricsText(runtime: PodRuntime): Promise<string> {
  const pods = await runtime.listPods();
  const containers = pods.flatMap((pod) => pod.containers);
  const count = (state: string): number => containers.filter((container) => container.state === state).length;
  const { user, system } = process.cpuUsage();
  return [
    "# HELP kubelet_running_pods Number of pods that have a running pod sandbox",
    "# TYPE kubelet_running_pods gauge",
    `kubelet_running_pods ${pods.filter((pod) => pod.sandbox?.state === "ready").length}`,
    "# HELP kubelet_running_containers Number of containers by state",
    "# TYPE kubelet_running_containers gauge",
    ...["created", "running", "exited"].map(
      (state) => `kubelet_running_containers{container_state="${state}"} ${count(state)}`,
    ),
    "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.",
    "# TYPE process_cpu_seconds_total counter",
    `process_cpu_seconds_total ${(user + system) / 1e6}`,
    "# HELP process_resident_memory_bytes Resident memory size in bytes.",
    "# TYPE process_resident_memory_bytes gauge",
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    "",
  ].join("\n");
}
