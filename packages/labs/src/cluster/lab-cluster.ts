import type { Client } from "@drydock/machinery";
import type { Gateway } from "./gateway.ts";
import type { HollowNode, HollowNodeOptions } from "./hollow-node.ts";

export interface LabClusterOptions {
  /**
   * What is left out, for a learner's program to take its place: `scheduler`, `controllers` (all of them), or one controller by its name, as `workload`
   * and `garbage-collector` (control-plane/src/controllers/controller-list.ts).
   */
  without?: readonly string[];
  /** Hollow nodes from the start: how many (node-1, node-2 …), or what they are like. None unless stated. */
  nodes?: number | readonly HollowNodeOptions[];
  /** A node that is silent for so long is lost, ms; 3,000 unless stated. */
  nodeMonitorGraceMs?: number;
  /** Seconds that pods stay on a lost node; 2 unless stated. */
  podEvictionSeconds?: number;
  /** Empty, or not there yet; everything of the cluster is kept below it. */
  directory: string;
  /** Keep the data on disk when the machine dies, and say on standard error what the control plane logs; for use by hand. */
  verbose?: boolean;
}

/**
 * A control plane with real etcd and a real API server, for a check and for learners at work. What runs on its nodes is hollow: they report what a node
 * would, and start nothing. Its processes are children of ours.
 */
export interface LabCluster {
  /** As administrator, straight to the API server. */
  readonly client: Client;
  readonly server: string;
  /** The administrator's, with TLS: for kubectl and drydock. */
  readonly kubeconfig: string;
  /** Every request that the API server got, one JSON text a line (audit.k8s.io/v1). */
  readonly auditFile: string;
  /** The control plane without etcd: API server, controllers and scheduler are one process. */
  readonly controlPlane: {
    readonly pid: number;
    /** SIGKILL; resolves when it is gone. */
    kill(): Promise<void>;
    /** After `kill`: the same address, the same data. */
    start(): Promise<void>;
  };
  /** How long a check waits for what a program should bring about, ms: a few seconds on an idle machine; it follows from how long this cluster took to start. */
  readonly patienceMs: number;
  /** By name. */
  readonly nodes: ReadonlyMap<string, HollowNode>;
  addNode(options: HollowNodeOptions): Promise<HollowNode>;
  /** A way to the API server over plain HTTP, as `kubectl proxy` gives one, that a check can watch and cut. One for each program that is looked at. */
  gateway(): Promise<Gateway>;
  /**
   * Makes etcd forget all history, and the API server with it: it is killed and started again. Who resumes a watch from before gets 410.
   */
  forgetHistory(): Promise<void>;
  /** Ends everything at once. */
  stop(): Promise<void>;
}

/** Starts one. Nothing heavy is loaded before. */
export async function startLabCluster(options: LabClusterOptions): Promise<LabCluster> {
  const { startCluster } = await import("./start-cluster.ts");
  return startCluster(options);
}
