import type { Logger } from "@drydock/kit";
import type { NetworkPlan } from "../network/plan.ts";
import type { LogLevel } from "../settings/definitions.ts";
import type { Identity } from "./identity.ts";
import type { DataPaths } from "./paths.ts";
import type { ClusterSettings } from "./record.ts";

/** Everything that is known about a cluster before the first part of it is started. */
export interface Plan {
  identity: Identity;
  paths: DataPaths;
  /** Where the admin's kubeconfig goes. */
  kubeconfig: string;
  settings: ClusterSettings;
  network: NetworkPlan;
  logLevel: LogLevel;
  logger: Logger;
}

export function nodeNames(count: number): string[] {
  return [...Array(count).keys()].map((i) => `node-${i + 1}`);
}
