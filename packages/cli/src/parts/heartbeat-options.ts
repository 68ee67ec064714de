import type { Command } from "commander";
import { seconds } from "../parse/seconds.ts";

/** How often an agent says that its node lives. */
export interface HeartbeatOptions {
  heartbeat?: { intervalMs: number; leaseSeconds: number };
}

/** A lease is held for as many beats: one that is late costs nothing. */
const BEATS_PER_LEASE = 4;

export function withHeartbeatOptions(command: Command): Command {
  return command.option("--heartbeat <time>", "renew the node's lease so often (default: 10s)");
}

export function heartbeatOptions(command: Command): HeartbeatOptions {
  const { heartbeat } = command.opts<{ heartbeat?: string }>();
  if (heartbeat === undefined) return {};
  const interval = seconds(heartbeat, "--heartbeat");
  return { heartbeat: { intervalMs: interval * 1000, leaseSeconds: Math.ceil(interval * BEATS_PER_LEASE) } };
}
