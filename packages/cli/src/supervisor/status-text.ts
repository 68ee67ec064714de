import { ageOf } from "../output/age.ts";
import { detailLines } from "../output/details.ts";
import { tableLines } from "../output/table.ts";
import type { ClusterStatus } from "./status.ts";

/** A status for people. Pure. */
export function statusText(status: ClusterStatus, now: number): string {
  if (status.phase === "stopped") {
    return `no cluster runs on ${status.dataDir}\nstart one with: drydock up --detach`;
  }
  const { network } = status;
  const head = detailLines([
    ["Cluster", `${status.phase}, since ${ageOf(status.startedAt, now)}, data in ${status.dataDir}`],
    ["API server", `${status.server} ${status.api}`],
    ["Kubeconfig", status.kubeconfig],
    ["Network", `${network?.cidr} on bridge ${network?.bridge}`],
    ["Outbound", network?.outbound],
  ]);
  const processes = status.processes.map(({ name, pid, alive, restarts, log }) => [
    name,
    alive ? pid : "gone",
    restarts,
    log,
  ]);
  const nodes = status.nodes.map((node) => [
    node.name,
    node.status,
    node.address,
    node.podCidr,
    node.container ? "running" : "gone",
    node.agent ? "running" : "gone",
    node.agentRestarts,
  ]);
  const lines = [
    ...head,
    "",
    ...tableLines(["Process", "Pid", "Restarts", "Log"], processes),
    "",
    ...tableLines(["Node", "Status", "Address", "Pods", "Container", "Agent", "Restarts"], nodes),
  ];
  if (status.phase === "abandoned") {
    lines.push(
      "",
      "the supervisor is gone: drydock down removes what it has left, drydock up does so too and starts again",
    );
  }
  return lines.join("\n");
}
