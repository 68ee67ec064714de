import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { controllerNames, ensurePki, issueClientCertificate, kubeconfigFor, startEtcd } from "@drydock/control-plane";
import { nearestName } from "@drydock/kit";
import { createClient } from "@drydock/machinery";
import { labError } from "../errors.ts";
import { compactAll } from "./compact-etcd.ts";
import { ControlPlane, type ControlPlaneConfig } from "./control-plane.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type HollowNode, type HollowNodeOptions, startHollowNode } from "./hollow-node.ts";
import type { LabCluster, LabClusterOptions } from "./lab-cluster.ts";

/** Bookmarks follow etcd's progress: a learner waits for one no longer than this, ms. */
const PROGRESS_MS = 250;
/** A program of a learner starts in less time than a control plane. */
const LEAST_PATIENCE_MS = 2500;
const PATIENCE = 3;
const MOST_PATIENCE_MS = 20_000;

/** See startLabCluster. */
export async function startCluster(options: LabClusterOptions): Promise<LabCluster> {
  const { directory, without = [], nodes = 0, verbose = false } = options;
  requireParts(without);
  const startedAt = performance.now();
  const controlPlane = new ControlPlane(verbose);
  const ends: (() => Promise<unknown> | undefined)[] = [() => controlPlane.kill()];
  const stop = async (): Promise<void> => {
    for (const end of ends.reverse().splice(0)) await end();
  };
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const [pki, etcdPort, port] = await Promise.all([
      ensurePki(join(directory, "pki"), { hosts: [] }),
      freePort(),
      freePort(),
    ]);
    const config: ControlPlaneConfig = {
      pkiDirectory: pki.directory,
      etcd: `https://127.0.0.1:${etcdPort}`,
      port,
      auditFile: join(directory, "audit.log"),
      without,
      nodeMonitorGraceMs: options.nodeMonitorGraceMs ?? 3000,
      podEvictionSeconds: options.podEvictionSeconds ?? 2,
      verbose,
    };
    const [etcdStarted, served, learner] = await Promise.allSettled([
      startEtcd({
        dataDir: join(directory, "etcd"),
        pki,
        clientPort: etcdPort,
        progressIntervalMs: PROGRESS_MS,
        unsafeNoFsync: true,
      }).catch(async (error: unknown) => {
        // It would wait for etcd for ever.
        await controlPlane.kill();
        throw error;
      }),
      controlPlane.start(config),
      issueClientCertificate(pki, { commonName: "learner", organizations: ["system:masters"] }),
    ]);
    if (etcdStarted.status === "rejected") throw etcdStarted.reason;
    const etcd = etcdStarted.value;
    ends.unshift(() => etcd.close());
    if (served.status === "rejected") throw served.reason;
    if (learner.status === "rejected") throw learner.reason;

    const server = `https://127.0.0.1:${port}`;
    const ca = pki.ca.cert;
    const { cert, key } = pki.certificates.admin;
    const client = createClient({ server, ca, cert, key }, { userAgent: "drydock-lab" });
    ends.push(() => client.close());
    const kubeconfig = join(directory, "kubeconfig");
    await writeFile(
      kubeconfig,
      kubeconfigFor({ server, ca, cert, key, clusterName: "drydock-lab", user: "drydock-admin" }),
      { mode: 0o600 },
    );

    const hollow = new Map<string, HollowNode>();
    const addNode = async (node: HollowNodeOptions): Promise<HollowNode> => {
      const started = await startHollowNode(client, node);
      hollow.set(node.name, started);
      ends.push(() => started.stop());
      return started;
    };
    const wanted =
      typeof nodes === "number" ? Array.from({ length: nodes }, (_, n) => ({ name: `node-${n + 1}` })) : nodes;
    await Promise.all(wanted.map(addNode));

    let gateways = 0;
    return {
      client,
      server,
      kubeconfig,
      auditFile: config.auditFile,
      patienceMs: Math.min(LEAST_PATIENCE_MS + PATIENCE * (performance.now() - startedAt), MOST_PATIENCE_MS),
      nodes: hollow,
      addNode,
      controlPlane: {
        get pid() {
          return controlPlane.pid;
        },
        kill: () => controlPlane.kill(),
        start: () => controlPlane.start(config),
      },
      async gateway(): Promise<Gateway> {
        gateways += 1;
        const file = join(directory, `gateway-${gateways}.kubeconfig`);
        const gateway = await startGateway({ server, ca, ...learner.value, file });
        ends.push(() => gateway.close());
        return gateway;
      },
      async forgetHistory() {
        await controlPlane.kill();
        await compactAll(config.etcd, etcd.clientTls);
        await controlPlane.start(config);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Throws LAB_CLUSTER for a part that there is not. */
function requireParts(names: readonly string[]): void {
  const parts = ["scheduler", "controllers", ...controllerNames];
  const unknown = names.find((name) => !parts.includes(name));
  if (unknown === undefined) return;
  const near = nearestName(unknown, parts);
  throw labError("LAB_CLUSTER", `a control plane has no part "${unknown}"`, {
    hint: near === undefined ? `its parts are ${parts.join(", ")}` : `did you mean ${near}?`,
    details: { parts },
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
