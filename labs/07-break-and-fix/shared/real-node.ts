/** Nodes that really run containers, for a check: agents on loopback inside the check's sandbox, with their data on its tmpfs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensurePki, issueClientCertificate, issueServingCertificate } from "@drydock/control-plane";
import type { CheckTools, LabCluster } from "@drydock/labs";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";

/** What the workloads of these labs run: busybox with its web server, under the name that the examples use. */
export const image = "drydock/web:v1";

export const agentProgram = join(import.meta.dirname, "agent-process.ts");

/** Builds the image; the path of its tar. */
export async function buildImage(t: CheckTools, name: string = image): Promise<string> {
  const output = join(t.scratch, `${t.word()}.tar`);
  await buildBusyboxImage({ busybox: "/bin/busybox", output, name, version: "1" });
  return output;
}

/** An image store that all nodes of the check share. */
export async function makeImageStore(t: CheckTools): Promise<string> {
  const directory = join(t.scratch, "images");
  const store = await openImageStore({ directory });
  await store.import(await buildImage(t), image);
  return directory;
}

export interface RealNodeOptions {
  name: string;
  /** Tells several nodes of one check apart: their bridges and ranges. */
  index?: number;
  imageDir: string;
  /** More options of the agent. */
  agent?: object;
}

/** Writes what an agent is started with; the path of that file. The node's directory is its parent. */
export async function prepareNode(t: CheckTools, cluster: LabCluster, options: RealNodeOptions): Promise<string> {
  const { name, index = 1, imageDir } = options;
  const directory = join(t.scratch, "nodes", name);
  mkdirSync(directory, { recursive: true });
  const pki = await ensurePki(join(dirname(cluster.kubeconfig), "pki"), { hosts: [] });
  const [identity, serving] = await Promise.all([
    issueClientCertificate(pki, { commonName: `system:node:${name}`, organizations: ["system:nodes"] }),
    issueServingCertificate(pki, { commonName: name, hosts: ["127.0.0.1", name] }),
  ]);
  const file = join(directory, "agent.json");
  const settings = {
    nodeName: name,
    client: { server: cluster.server, ca: pki.ca.cert, ...identity },
    address: "127.0.0.1",
    port: 0,
    serving: { ...serving, clientCa: pki.ca.cert },
    stateDir: join(directory, "state"),
    imageDir,
    podCidr: `10.99.${index}.0/24`,
    clusterNetwork: { bridge: `lab${index}` },
    restartBackoff: { initialMs: 200, maxMs: 400 },
    imageBackoff: { initialMs: 500, maxMs: 1_000 },
    heartbeat: { intervalMs: 1_000, leaseSeconds: 4 },
    ...options.agent,
  };
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

/**
 * A node as a process of the check, ready. It is emptied at the end, so that no cgroup stays behind: not one of the programs that the check kills
 * before it cleans up.
 */
export async function startRealNode(t: CheckTools, cluster: LabCluster, options: RealNodeOptions): Promise<void> {
  const file = await prepareNode(t, cluster, options);
  const agent = spawn(process.execPath, [agentProgram, file], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(agent, "exit");
  let said = "";
  for (const stream of [agent.stdout, agent.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-20_000);
    });
  t.defer(async () => {
    agent.kill("SIGINT");
    const late = setTimeout(() => agent.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  });
  const isReady = await t.until(() => /^ready \d+$/m.test(said) || agent.exitCode !== null, 30_000);
  if (!isReady || agent.exitCode !== null)
    throw new Error(`the agent of ${options.name} did not start: ${said.slice(-1_000)}`);
}
