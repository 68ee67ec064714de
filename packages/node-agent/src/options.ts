import type { RuncOptions } from "@drydock/containerd";
import type { BackoffPolicy, Clock, Logger } from "@drydock/kit";
import type { ClientConfig } from "@drydock/machinery";
import type { RotationPolicy } from "./logs/log-file.ts";
import type { CniDirectories } from "./network/create-pod-network.ts";
import type { ServingCertificate } from "./server/agent-server.ts";

export interface AgentOptions {
  nodeName: string;
  /** How the API server is reached, or the path of a kubeconfig. */
  client: ClientConfig | string;
  /** The node's address: InternalIP, and where the agent's server listens. */
  address: string;
  /** Of the agent's server; 0 for any free one. */
  port: number;
  serving: ServingCertificate;
  /** Absolute; on a file system that can carry an overlay's upper directory. Survives the agent. */
  stateDir: string;
  /**
   * What runs containers: our own runtime, unless stated, a containerd on this node by its own API, or whatever serves CRI here. Only an empty
   * node may change it.
   */
  runtime?: "native" | "containerd" | "cri";
  /** With `runtime: "containerd"`: its socket; /run/containerd/containerd.sock unless stated. */
  containerdSocket?: string;
  /** With `runtime: "cri"`: where CRI is served; containerd's socket unless stated. */
  criSocket?: string;
  /** With `runtime: "containerd"`: how it calls runc; as it always does unless stated. */
  containerdRunc?: RuncOptions;
  /** The image store, possibly shared with other nodes. */
  imageDir: string;
  /**
   * Addresses of the pods of this node, e.g. 10.88.1.0/24; the first one is the node's own on the bridge. Without it the
   * cluster gives one (Node.spec.podCIDR), and the agent waits for that.
   */
  podCidr?: string;
  /**
   * Where renewed certificates are kept, as client.pem and serving.pem. Without it none is renewed; with it both must be
   * given as texts in `client` and `serving`.
   */
  certificateDir?: string;
  /** Ends a start that is under way: what has been started by then is stopped, and the start rejects. */
  signal?: AbortSignal;
  labels?: Record<string, string>;
  clusterNetwork?: {
    /** The bridge of the pods of this node; cni0 unless stated. Not with `cni`. */
    bridge?: string;
    /** Pods are connected by CNI's plugins instead of a bridge of ours. Only an empty node may change it. */
    cni?: CniDirectories;
    /** DNS servers for pods; without one pods resolve names as the node does. */
    nameservers?: string[];
    searches?: string[];
  };
  heartbeat?: {
    /** How often the Lease is renewed, ms. 10 s unless stated. */
    intervalMs?: number;
    /** After this without a renewal others may call the node dead. 40 s unless stated. */
    leaseSeconds?: number;
  };
  /** Waits between restarts of failing containers; kubelet's 10 s to 5 min unless stated. */
  restartBackoff?: BackoffPolicy;
  /** Waits between failing pulls; 10 s to 5 min unless stated. */
  imageBackoff?: BackoffPolicy;
  logRotation?: RotationPolicy;
  /** Registries that are asked over plain HTTP (host[:port]), besides those on loopback. */
  insecureRegistries?: string[];
  logger?: Logger;
  clock?: Clock;
}

/** A component that has been started. */
export interface Running {
  /** Rejects when it stops by itself; never resolves. */
  readonly failed: Promise<never>;
  /** Stops in order: no new work, work at hand finished, connections closed. Safe to call twice. */
  close(): Promise<void>;
}

export interface RunningAgent extends Running {
  /** Where the agent's server listens. */
  readonly port: number;
  /**
   * Without `drain` no container is touched: the next agent takes them on. With it the node is emptied first: containers are stopped with
   * at most `graceMs` (2 s unless stated), and their sandboxes go.
   */
  close(options?: { drain?: boolean; graceMs?: number }): Promise<void>;
}
