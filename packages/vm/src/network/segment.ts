import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { vmError } from "../errors.ts";
import type { NetworkPlace } from "./plan.ts";

/** A bridge with one tap for each machine, in a network namespace of its own that has no way out. */
export interface Segment {
  /** File of the namespace: who wants to use a tap must be in it. */
  readonly netns: string;
  /** Takes the bridge, the taps and the namespace away. Engines that still run keep the namespace until they end. */
  close(): Promise<void>;
}

/**
 * A process keeps the namespace and ends when its standard input does: also when we are killed, nothing stays behind.
 * Throws VM_NETWORK_FAILED with what `ip` said.
 */
export async function openSegment(places: readonly NetworkPlace[]): Promise<Segment> {
  const lines = [
    "set -e",
    "ip link add lan type bridge",
    // A bridge that learns a spanning tree first would keep frames back for half a minute.
    "ip link set lan type bridge stp_state 0 forward_delay 0",
    "ip link set lan up",
    ...places.flatMap(({ tap }) => [
      `ip tuntap add dev ${tap} mode tap`,
      `ip link set ${tap} master lan`,
      `ip link set ${tap} up`,
    ]),
    "echo ready",
    "cat >/dev/null",
  ];
  const keeper = spawn("unshare", ["--net", "/bin/sh", "-c", lines.join("\n")], {
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C at the terminal is for us, who then close in order.
    detached: true,
  });
  let said = "";
  keeper.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const closed = new Promise<void>((resolve) => keeper.on("close", () => resolve()));
  const ready = await new Promise<boolean>((resolve) => {
    keeper.on("error", (error) => {
      said += error.message;
      resolve(false);
    });
    keeper.on("close", () => resolve(false));
    createInterface({ input: keeper.stdout }).once("line", (line) => resolve(line === "ready"));
  });
  if (!ready || keeper.pid === undefined) {
    throw vmError("VM_NETWORK_FAILED", `the network between the machines could not be made: ${said.trim()}`, {
      hint: "it needs root, iproute2 and /dev/net/tun",
    });
  }
  return {
    netns: `/proc/${keeper.pid}/ns/net`,
    close() {
      keeper.stdin.end();
      return closed;
    },
  };
}
