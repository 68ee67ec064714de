import { mkdir } from "node:fs/promises";
import { messageOf, pathExists } from "@drydock/kit";
import { failure } from "../errors.ts";
import { planNetwork } from "../network/plan.ts";
import { makeSupervisorLog } from "../process-log.ts";
import { identityOf, markerVariable } from "./identity.ts";
import { takeLock } from "./lock.ts";
import { noteNewDirectories } from "./new-directories.ts";
import { requireOwnKubeconfig } from "./own-kubeconfig.ts";
import { dataPaths } from "./paths.ts";
import { nodeNames, type Plan } from "./plan.ts";
import { preflight } from "./preflight.ts";
import type { Report } from "./progress.ts";
import { type ClusterRecord, currentBootId, processRecord, type RunningRecord, readRecord } from "./record.ts";
import { RunningCluster } from "./running-cluster.ts";
import { settle } from "./settings.ts";
import { startCluster } from "./start.ts";
import { sweep } from "./sweep.ts";
import type { UpOptions } from "./up-options.ts";

/**
 * Runs a cluster: starts it, keeps its parts running, and when `signal` is aborted, or the start fails, takes everything down again. Resolves when
 * nothing is left of it; rejects with what made the start fail, also after nothing is left.
 */
export async function supervise(options: UpOptions, report: Report, signal: AbortSignal): Promise<void> {
  const identity = identityOf(options.dataDir);
  // Whatever is started from here on can be told by it.
  process.env[markerVariable] = identity.id;
  const lock = await takeLock(
    identity.id,
    0,
    `another command is just starting or stopping the cluster on ${options.dataDir}`,
  );
  const made = await noteNewDirectories(options.dataDir);
  try {
    await preflight(options.dataDir);
    await requireOwnKubeconfig(options.kubeconfig);
    const record = await readRecord(options.dataDir);
    await requireState(record, options.dataDir);
    // With the lock in hand nobody supervises: what is there was left by one that was killed.
    await sweep(identity, [process.pid]);
    await run(options, record, report, signal);
  } catch (error) {
    await made.removeEmpty();
    throw error;
  } finally {
    await lock.release();
  }
}

async function run(
  options: UpOptions,
  last: ClusterRecord | undefined,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { dataDir, kubeconfig } = options;
  const identity = identityOf(dataDir);
  const paths = dataPaths(dataDir);
  await Promise.all(
    [paths.logs, paths.nodes, paths.images, paths.containers].map((path) => mkdir(path, { recursive: true })),
  );
  const logLevel = options.logLevel ?? "info";
  const logger = makeSupervisorLog(paths, logLevel);

  // From the choice of a network until its bridge exists no other cluster may choose.
  const choosing = await takeLock("network", 30_000, "other clusters on this machine are starting");
  const stopped = new AbortController();
  let plan: Plan;
  let cluster: RunningCluster;
  try {
    const settings = await settle(options, last?.settings, identity);
    plan = { identity, paths, kubeconfig, settings, network: planNetwork(settings.network), logLevel, logger };
    cluster = new RunningCluster(dataDir, {
      ...last,
      version: 1,
      settings,
      running: await firstRecord(plan),
    });
    await cluster.update(() => {});
  } catch (error) {
    await choosing.release();
    throw error;
  }

  const interrupted = (): void => stopped.abort(failure("CLUSTER_INTERRUPTED", "the start of the cluster was ended"));
  signal.addEventListener("abort", interrupted, { once: true });
  if (signal.aborted) interrupted();
  let cause: unknown;
  const started = startCluster(plan, cluster, {
    report,
    signal: stopped.signal,
    networkMade: () => choosing.release(),
  });
  try {
    await started.ready;
    await cluster.ready();
    logger.info({ nodes: plan.settings.nodes, server: cluster.running.server }, "cluster ready");
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    interrupted();
  } catch (error) {
    cause = error;
    logger.error({ error: messageOf(error) }, "cluster could not be started");
  }

  report({ type: "stopping" });
  stopped.abort(cause);
  try {
    await cluster.update((running) => {
      running.phase = "stopping";
    });
  } catch (error) {
    // A full disk must not keep us from ending what runs.
    logger.error({ error: messageOf(error) }, "the record of the cluster could not be written");
  }
  await started.stop();
  await choosing.release();
  await sweep(identity, [process.pid]);
  await cluster.ended();
  logger.info({}, "cluster stopped");
  report({ type: "stopped" });
  if (cause !== undefined) throw cause;
}

/** A cluster that has run has its objects in etcd's directory. Starting over in an empty one would look as if they had never been. */
async function requireState(record: ClusterRecord | undefined, dataDir: string): Promise<void> {
  const { etcd } = dataPaths(dataDir);
  if (!record?.hasBeenReady || (await pathExists(etcd))) return;
  throw failure("CLUSTER_DATA_CORRUPT", `${etcd} is gone: all objects of this cluster were in it`, {
    hint: "put it back from a copy; or drydock down --purge, and start anew",
  });
}

async function firstRecord({ identity, settings, network }: Plan): Promise<RunningRecord> {
  return {
    phase: "starting",
    startedAt: new Date().toISOString(),
    bootId: await currentBootId(),
    supervisor: processRecord(process.pid),
    server: `https://127.0.0.1:${settings.port}`,
    network: { bridge: identity.bridge, cidr: network.cidr, gateway: network.gateway, outbound: "not yet known" },
    processes: {},
    nodes: nodeNames(settings.nodes).map((name, i) => ({ name, ...network.node(i + 1) })),
  };
}
