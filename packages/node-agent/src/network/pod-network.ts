/** A pod that is connected to others. */
export interface PodAttachment {
  podUid: string;
  namespace: string;
  name: string;
  /** The file that keeps the pod's network namespace. */
  netns: string;
}

export interface Attached {
  /** IPv4 address of the pod's eth0. */
  ip: string;
  /** Resolves when packets can pass. */
  connected: Promise<void>;
}

/**
 * How pods of this node reach others. A pod's network namespace is made before, with its loopback device up, and removed after it. What is
 * attached is written down before it is, so that the next agent can undo it. Failures are AGENT_NETWORK, AGENT_CNI or AGENT_NO_ADDRESS.
 */
export interface PodNetwork {
  /** Prepares the node. `kept`: uids of pods that are whole; what belongs to any other is a crash's, and is given back. */
  open(kept: Pick<ReadonlySet<string>, "has">): Promise<void>;
  /** `made`: when the network namespace is there. The pod must not be attached already. */
  attach(pod: PodAttachment, made: Promise<void>): Promise<Attached>;
  /** Before the namespace goes. Also for a pod that is not, or half attached, or whose namespace is gone. Idempotent. */
  disconnect(podUid: string): Promise<void>;
  /** After the namespace is gone: what others may get now. Idempotent. */
  release(podUid: string): Promise<void>;
}
