import type { ExecSession } from "@drydock/runtime";

/**
 * What the agent needs of whatever runs its pods. Adapters: our own runtime, containerd, and anything that serves CRI.
 *
 * The contract, which the adapters' shared test suite checks:
 * - Nothing is remembered: pods and containers are found where they are (kernel, disk, daemon), so an agent that was killed sees the same ones.
 * - Every method may be called again after a crash in the middle of it. `ensureSandbox` and `startContainer` never make a second one.
 * - A container is one run of a process: a restart is a new container with the next `attempt` and a new id.
 * - A container that ended stays visible, with its exit code, until it is removed.
 */
export interface PodRuntime {
  /** Every pod that has a sandbox or containers here. */
  listPods(): Promise<ObservedPod[]>;
  /** One of them; undefined when nothing of it is here. */
  observePod(uid: string): Promise<ObservedPod | undefined>;
  /** The pod's sandbox (its network and what its containers share), made unless there is a ready one. */
  ensureSandbox(spec: SandboxSpec): Promise<ObservedSandbox>;
  /** Gives back address, namespaces and cgroup; what is known of the containers stays. Idempotent. */
  stopSandbox(podUid: string): Promise<void>;
  /** Stops, and forgets the pod with everything on disk. Refused while a container runs. Idempotent. */
  removePod(podUid: string): Promise<void>;
  /**
   * Resolves when the process runs. When the start fails, a container in state `exited` with reason StartError or ContainerCannotRun is what remains,
   * and is returned: a start that fails is an observation, not an exception.
   */
  startContainer(spec: ContainerSpec): Promise<ObservedContainer>;
  /** Sends the stop signal, SIGKILL after `graceMs`; resolves when it has ended. A second call may shorten the time, never lengthen it. */
  stopContainer(id: string, graceMs: number): Promise<void>;
  /** Forgets a container that ended, with its log. Idempotent. */
  removeContainer(id: string): Promise<void>;
  /** Rejects when the command cannot be run; a runtime that finds that out later rejects the session's `exit`. */
  exec(id: string, request: ExecInContainer): Promise<ExecSession>;
  /** Calls back when something may have changed in a pod. A hint to look, never the truth. Returns the way to end it. */
  onChange(listener: (podUid: string) => void): () => void;
  /** Adopts what runs; makes what all pods share (bridge, directories); removes what a crash left half-made. */
  open(): Promise<void>;
  /** Lets go without touching a container. */
  close(): Promise<void>;
}

/** Images as a node sees them; CRI has the same split between RuntimeService and ImageService. */
export interface ImageService {
  /** The local image, or undefined. */
  status(reference: string): Promise<NodeImage | undefined>;
  pull(reference: string, signal?: AbortSignal): Promise<NodeImage>;
  list(): Promise<NodeImage[]>;
}

export interface NodeImage {
  /** Digest of the manifest. */
  id: string;
  names: string[];
  sizeBytes: number;
}

/** An adapter: a runtime with its images and its name for Node.status.nodeInfo. */
export interface NodeRuntime {
  /** e.g. `drydock-native://0.1.0` */
  readonly version: string;
  readonly pods: PodRuntime;
  readonly images: ImageService;
}

/** For several processes on one state directory, as with `drydock run`. */
export interface Sharing {
  /** Whether this process reads the output of a pod that it finds. A pod that it starts is always its own. */
  takesOn(podUid: string): boolean;
}

export interface ObservedPod {
  uid: string;
  namespace: string;
  name: string;
  sandbox?: ObservedSandbox;
  /** Every run that has not been removed, newest attempt first within a name. */
  containers: ObservedContainer[];
}

export interface ObservedSandbox {
  id: string;
  /** `notready`: its network namespace is gone, e.g. after a reboot. */
  state: "ready" | "notready";
  ip?: string;
  createdAt: string;
}

export interface ObservedContainer {
  id: string;
  podUid: string;
  name: string;
  /** 0 for the first run; shown as restartCount. */
  attempt: number;
  /** `created`: written down but never started, what a crash in the middle of a start leaves. */
  state: "created" | "running" | "exited";
  /** The reference in the pod, and the digest of what it was resolved to. */
  image: string;
  imageId: string;
  /** Changes with those fields of the container that make a restart necessary. */
  specHash: string;
  /** Failures in a row before this run; the back-off is computed from it. */
  failures: number;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  exitCode?: number;
  /** Completed, Error, OOMKilled, StartError, ContainerCannotRun. */
  reason?: string;
  message?: string;
  /** In words: limits that were asked for and are not in force on this machine. */
  notEnforced: string[];
  logPath: string;
}

export interface SandboxSpec {
  podUid: string;
  namespace: string;
  name: string;
  hostname: string;
  /** Absolute; logs of its containers are below it. */
  logDirectory: string;
  /** `kubepods/burstable/pod<uid>` */
  cgroupParent: string;
  /** Lines for /etc/hosts beyond the usual. */
  hostAliases: { ip: string; hostnames: string[] }[];
  dns: { nameservers: string[]; searches: string[]; options: string[] };
}

export interface ContainerSpec {
  podUid: string;
  name: string;
  attempt: number;
  image: string;
  /** As ImageService.status gave it. */
  imageId: string;
  specHash: string;
  failures: number;
  /** Pod's command: replaces the image's entrypoint; args replace its cmd. */
  command?: string[];
  args?: string[];
  workingDir?: string;
  /** Complete; the image's own variables come before them. */
  env: { name: string; value: string }[];
  security: ContainerSecurity;
  resources: ContainerResources;
  /** From 0 (killed last) to 1000, and -997 for guaranteed pods. */
  oomScoreAdj: number;
  mounts: { hostPath: string; containerPath: string; readOnly: boolean }[];
  readOnlyRootFilesystem: boolean;
  /** Absolute; the adapter writes CRI log lines to it. */
  logPath: string;
}

export interface ContainerSecurity {
  allowPrivilegeEscalation: boolean;
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot: boolean;
  supplementalGroups: number[];
  /** System calls beyond what ordinary programs need are refused. */
  seccompDefault: boolean;
  addCapabilities: string[];
  dropCapabilities: string[];
}

/** As the kernel takes them; absent means unlimited, or the default weight. */
export interface ContainerResources {
  /** 1024 for each core that was asked for. */
  cpuShares?: number;
  cpuQuotaUs?: number;
  cpuPeriodUs?: number;
  memoryLimitBytes?: number;
}

export interface ExecInContainer {
  command: string[];
  tty: boolean;
  stdin: boolean;
  signal?: AbortSignal;
}
