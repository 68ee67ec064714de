import { messageOf } from "@drydock/kit";
import { isProcessAlive } from "@drydock/linux";
import { type Client, createClient, loadKubeconfig } from "@drydock/machinery";
import { nodes } from "../api/types.ts";
import type { Settings } from "../settings/settings.ts";
import { dataPaths, logPath } from "./paths.ts";
import { type ProcessRecord, type RunningRecord, readRecord, supervisorLives } from "./record.ts";

/** What `drydock status -o json` prints. Fields are added, never renamed. */
export interface ClusterStatus {
  dataDir: string;
  /** abandoned: its supervisor was killed; what it started may still run until `down` or the next `up`. */
  phase: RunningRecord["phase"] | "stopped" | "abandoned";
  startedAt?: string;
  server?: string;
  /** "ok", or why the API server does not answer. */
  api?: string;
  kubeconfig?: string;
  network?: RunningRecord["network"];
  processes: { name: string; pid: number; alive: boolean; restarts: number; log: string }[];
  nodes: NodeStatus[];
}

interface NodeStatus {
  name: string;
  address: string;
  podCidr: string;
  /** "Ready", "NotReady", or "unknown" when the API server does not say. */
  status: string;
  container: boolean;
  agent: boolean;
  agentRestarts: number;
  log: string;
}

export async function gatherStatus({ dataDir, kubeconfig }: Settings): Promise<ClusterStatus> {
  const record = await readRecord(dataDir);
  const running = record?.running;
  if (!running) return { dataDir, phase: "stopped", processes: [], nodes: [] };
  const paths = dataPaths(dataDir);
  const [lives, { api, ready }] = await Promise.all([supervisorLives(running), askApi(kubeconfig)]);
  const processes = { supervisor: running.supervisor, ...running.processes };
  return {
    dataDir,
    phase: lives ? running.phase : "abandoned",
    startedAt: running.startedAt,
    server: running.server,
    api,
    kubeconfig,
    network: running.network,
    processes: Object.entries(processes).map(([name, process]) => ({
      name,
      pid: process.pid,
      alive: isProcessAlive(process),
      restarts: process.restarts,
      log: name === "etcd" ? `${paths.etcd}/etcd.log` : logPath(paths, name),
    })),
    nodes: running.nodes.map(({ name, address, podCidr, container, agent }) => ({
      name,
      address,
      podCidr,
      status: ready.get(name) ?? "unknown",
      container: alive(container),
      agent: alive(agent),
      agentRestarts: agent?.restarts ?? 0,
      log: `${paths.nodes}/${name}/agent.log`,
    })),
  };
}

function alive(process: ProcessRecord | undefined): boolean {
  return process !== undefined && isProcessAlive(process);
}

/** Which nodes the API server calls ready. Not being answered is a finding here, not a failure. */
async function askApi(kubeconfig: string): Promise<{ api: string; ready: Map<string, string> }> {
  let client: Client | undefined;
  try {
    client = createClient(await loadKubeconfig(kubeconfig), { requestTimeoutMs: 2_000 });
    const { items } = await client.list(nodes);
    const ready = items.map(({ metadata, status }) => {
      const condition = status?.conditions?.find(({ type }) => type === "Ready");
      return [metadata.name, condition?.status === "True" ? "Ready" : "NotReady"] as const;
    });
    return { api: "ok", ready: new Map(ready) };
  } catch (error) {
    return { api: messageOf(error), ready: new Map() };
  } finally {
    await client?.close();
  }
}
