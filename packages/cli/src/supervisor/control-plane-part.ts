import { startChild } from "./child-part.ts";
import type { Part } from "./keep-running.ts";
import { labTimes } from "./lab-times.ts";
import { logPath } from "./paths.ts";
import type { Plan } from "./plan.ts";
import { selfCommand } from "./self-command.ts";

/** API server, controllers and scheduler in one process. Resolves when the API server answers. */
export function startControlPlanePart(plan: Plan, etcdEndpoint: string, signal: AbortSignal): Promise<Part> {
  const { paths, identity, settings, network, logLevel } = plan;
  return startChild({
    name: "control-plane",
    command: selfCommand([
      "control-plane",
      "--data-dir",
      paths.root,
      "--etcd",
      etcdEndpoint,
      "--listen",
      `127.0.0.1:${settings.port}`,
      "--listen",
      `${network.gateway}:${settings.port}`,
      "--cluster-cidr",
      network.cidr,
      "--log-level",
      logLevel,
      "--node-monitor-grace",
      labTimes.nodeMonitorGrace,
      "--pod-eviction-delay",
      labTimes.podEvictionDelay,
    ]),
    log: logPath(paths, "control-plane"),
    marker: identity.marker,
    readyTimeoutMs: 20_000,
    signal,
  });
}
