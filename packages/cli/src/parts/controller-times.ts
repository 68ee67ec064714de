import type { Command } from "commander";
import { seconds } from "../parse/seconds.ts";

/** How long the controllers wait before they give a node and its pods up; a lab sets them short. */
export function withControllerTimes(command: Command): Command {
  return command
    .option("--node-monitor-grace <time>", "a node that is silent for so long is lost (default: 40s)")
    .option("--pod-eviction-delay <time>", "so long pods stay on a lost node (default: 300s)");
}

export function controllerTimes(command: Command): { nodeMonitorGraceMs?: number; defaultTolerationSeconds?: number } {
  const { nodeMonitorGrace, podEvictionDelay } = command.opts<{
    nodeMonitorGrace?: string;
    podEvictionDelay?: string;
  }>();
  return {
    ...(nodeMonitorGrace === undefined
      ? {}
      : { nodeMonitorGraceMs: seconds(nodeMonitorGrace, "--node-monitor-grace") * 1000 }),
    ...(podEvictionDelay === undefined
      ? {}
      : { defaultTolerationSeconds: Math.ceil(seconds(podEvictionDelay, "--pod-eviction-delay")) }),
  };
}
