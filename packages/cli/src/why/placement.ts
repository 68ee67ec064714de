import { ClusterState, type Decision, defaultProfile, type PodInfo, podInfoOf, schedule } from "@drydock/control-plane";
import type { Client, Node, Pod } from "@drydock/machinery";
import { nodes, pods } from "../api/types.ts";

/** Where a pod would be put now, with what every plugin says of every node. */
export interface Placement {
  decision: Decision;
  state: ClusterState;
  pod: PodInfo;
}

/** The scheduler's own decision over what the API server has at this moment, without this pod. Pure. */
export function placementOf(pod: Pod, allNodes: readonly Node[], allPods: readonly Pod[]): Placement {
  const state = new ClusterState();
  for (const node of allNodes) state.setNode(node);
  for (const other of allPods) {
    const isOver = other.status?.phase === "Succeeded" || other.status?.phase === "Failed";
    if (other.spec.nodeName && !isOver && other.metadata.uid !== pod.metadata.uid) state.setPod(other);
  }
  const { nodeName: _, ...spec } = pod.spec;
  const info = podInfoOf({ ...pod, spec });
  return { decision: schedule(state, info, defaultProfile, { explain: true }), state, pod: info };
}

/** Reads what a placement needs. */
export async function clusterNow(client: Client): Promise<{ nodes: Node[]; pods: Pod[] }> {
  const [nodeList, podList] = await Promise.all([client.list(nodes), client.list(pods)]);
  return { nodes: nodeList.items, pods: podList.items };
}
