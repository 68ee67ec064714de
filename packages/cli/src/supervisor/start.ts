import { writeFile } from "node:fs/promises";
import { ensurePki, kubeconfigFor, type Pki } from "@drydock/control-plane";
import { writeFileAtomic } from "@drydock/kit";
import { type ClientConfig, createClient } from "@drydock/machinery";
import { startControlPlanePart } from "./control-plane-part.ts";
import { startEtcdPart } from "./etcd-part.ts";
import { importExampleImages } from "./example-images.ts";
import { forgetOtherNodes } from "./forget-nodes.ts";
import { resolvConfForNodes } from "./host/resolv-conf.ts";
import { makeHostNetwork } from "./host-network.ts";
import { Keeper } from "./keeper.ts";
import { startAgentPart } from "./nodes/agent-part.ts";
import { writeCredentials } from "./nodes/credentials.ts";
import { startNodePart } from "./nodes/node-part.ts";
import { nodeResolvConf } from "./nodes/node-paths.ts";
import { untilNodesReady } from "./nodes-ready.ts";
import { nodeNames, type Plan } from "./plan.ts";
import type { Report } from "./progress.ts";
import type { RunningCluster } from "./running-cluster.ts";

export interface StartedCluster {
  /** All nodes are Ready. Rejects with what went wrong; what has been started by then still runs. */
  ready: Promise<void>;
  /** Ends what was started, in order, also in the middle of a start. */
  stop(): Promise<void>;
}

interface StartContext {
  report: Report;
  signal: AbortSignal;
  /** The cluster's addresses can now be seen by others. */
  networkMade: () => Promise<void>;
}

/**
 * Starts the parts of a cluster, each as soon as what it needs is there:
 *
 *     certificates ─→ etcd ─┐
 *     bridge ───────────────┴→ control plane ─┐
 *          └→ node containers ────────────────┴→ agents ─→ nodes Ready
 */
export function startCluster(plan: Plan, cluster: RunningCluster, context: StartContext): StartedCluster {
  const { report, signal } = context;
  const keeper = new Keeper(signal, plan.logger);
  const names = nodeNames(plan.settings.nodes);
  const step = <T>(text: string, work: () => Promise<T>): Promise<T> =>
    keeper.during(async () => {
      signal.throwIfAborted();
      report({ type: "step", text });
      return work();
    });

  const bringUp = async (): Promise<void> => {
    const startedAt = performance.now();
    const bridge = step(`network ${plan.network.cidr} on bridge ${plan.identity.bridge}`, async () => {
      const outbound = await makeHostNetwork(plan);
      await context.networkMade();
      await cluster.update((running) => {
        running.network.outbound = outbound;
      });
    });
    const certificates = step("certificates", async () => {
      await writeFile(nodeResolvConf(plan.paths), await resolvConfForNodes());
      return preparePki(plan);
    });
    const etcd = certificates.then((pki) => step("etcd", () => startEtcd(plan, cluster, keeper, pki)));
    const controlPlane = Promise.all([bridge, etcd]).then(([, endpoint]) =>
      step("API server, controllers and scheduler", () =>
        keeper.keep(
          "control-plane",
          () => startControlPlanePart(plan, endpoint, signal),
          (part, restarts) => cluster.processStarted("control-plane", part.pid, restarts),
        ),
      ),
    );
    const agents = names.map(async (name, i) => {
      await bridge;
      const pki = await certificates;
      await step(`node ${name}`, async () => {
        await writeCredentials(plan, pki, name, plan.network.node(i + 1).address);
        await keeper.keep(
          name,
          () => startNodePart(plan, name, i + 1),
          (part, restarts) => cluster.nodePartStarted(name, "container", part.pid, restarts),
        );
      });
      await controlPlane;
      await keeper.keep(
        `agent of ${name}`,
        () => startAgentPart(plan, name, i + 1),
        (part, restarts) => cluster.nodePartStarted(name, "agent", part.pid, restarts),
      );
    });
    const nodesReady = Promise.all([certificates, controlPlane]).then(([pki]) =>
      keeper.during(async () => {
        const client = createClient(adminAccess(plan, pki));
        try {
          await forgetOtherNodes(client, names, signal);
          await untilNodesReady(client, names, cluster.running.startedAt, signal, (count) =>
            report({ type: "nodes", ready: count, wanted: names.length }),
          );
        } finally {
          await client.close();
        }
      }),
    );
    const examples = keeper.during(() => importExampleImages(plan.paths.images, plan.logger));
    await Promise.all([bridge, certificates, etcd, controlPlane, examples, ...agents, nodesReady]);
    const ms = performance.now() - startedAt;
    report({ type: "ready", server: cluster.running.server, nodes: names.length, ms });
  };

  const ready = bringUp();
  return { ready, stop: () => keeper.stop(ready) };
}

async function preparePki(plan: Plan): Promise<Pki> {
  const { paths, network, kubeconfig, identity, logger } = plan;
  const pki = await ensurePki(paths.pki, { hosts: [network.gateway], logger });
  const { server, ca, cert = "", key = "" } = adminAccess(plan, pki);
  const text = kubeconfigFor({ server, ca, cert, key, clusterName: `drydock-${identity.id}`, user: "drydock-admin" });
  await writeFileAtomic(kubeconfig, text, 0o600);
  return pki;
}

function adminAccess({ settings }: Plan, { ca, certificates }: Pki): ClientConfig {
  const { cert, key } = certificates.admin;
  return { server: `https://127.0.0.1:${settings.port}`, ca: ca.cert, cert, key };
}

async function startEtcd(plan: Plan, cluster: RunningCluster, keeper: Keeper, pki: Pki): Promise<string> {
  let endpoint: string | undefined;
  await keeper.keep(
    "etcd",
    async () => {
      const port = endpoint === undefined ? undefined : Number(new URL(endpoint).port);
      const part = await startEtcdPart(plan, pki, port);
      endpoint = part.endpoint;
      return part;
    },
    (part, restarts) => cluster.processStarted("etcd", part.pid, restarts),
  );
  return endpoint as unknown as string;
}
