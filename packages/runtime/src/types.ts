import type {
  CgroupLimits,
  CgroupStats,
  DeviceRule,
  memoryPolicyFlags,
  memoryPolicyModes,
  SeccompProfile,
  schedulerFlags,
  schedulerPolicies,
} from "@drydock/linux";

/** A subset of the runtime-spec's config.json, with its own names; fields that are not here are refused by name. Extended as the runtime grows. */
export interface RuntimeConfig {
  ociVersion: string;
  hostname?: string;
  domainname?: string;
  process: ProcessConfig;
  root: { path: string; readonly?: boolean };
  mounts?: MountConfig[];
  annotations?: Record<string, string>;
  hooks?: Hooks;
  linux?: LinuxConfig;
}

/** When hooks run, and where: runtime-spec, config.md, POSIX-platform Hooks. */
export type HookKind = "prestart" | "createRuntime" | "createContainer" | "startContainer" | "poststart" | "poststop";

export type Hooks = Partial<Record<HookKind, Hook[]>>;

/** A program that gets the container's state as JSON on its standard input. */
export interface Hook {
  path: string;
  /** argv, with the program's own name first; `path` alone when left out. */
  args?: string[];
  env?: string[];
  /** Seconds; it is killed, and has failed, when it takes longer. */
  timeout?: number;
}

export interface ProcessConfig {
  terminal?: boolean;
  consoleSize?: { height: number; width: number };
  cwd: string;
  args: string[];
  env?: string[];
  user?: { uid: number; gid: number; umask?: number; additionalGids?: number[] };
  capabilities?: Partial<Record<"bounding" | "effective" | "inheritable" | "permitted" | "ambient", string[]>>;
  noNewPrivileges?: boolean;
  /** What AppArmor confines it with. */
  apparmorProfile?: string;
  /** Its SELinux context. */
  selinuxLabel?: string;
  oomScoreAdj?: number;
  rlimits?: { type: string; hard: number; soft: number }[];
  /** Who reads and writes first (ioprio_set(2)). `priority`: 0, the first, to 7. */
  ioPriority?: { class: "IOPRIO_CLASS_RT" | "IOPRIO_CLASS_BE" | "IOPRIO_CLASS_IDLE"; priority: number };
  scheduler?: SchedulerConfig;
  /** Of an exec, not of the first process. CPUs as `0-3,7`. */
  execCPUAffinity?: { initial?: string; final?: string };
}

/** See sched_setattr(2). `runtime`, `deadline` and `period` in nanoseconds. */
export interface SchedulerConfig {
  policy: keyof typeof schedulerPolicies;
  nice?: number;
  priority?: number;
  flags?: (keyof typeof schedulerFlags)[];
  runtime?: number;
  deadline?: number;
  period?: number;
}

/** `size` ids from containerID on are those from hostID on outside of the user namespace. */
export interface IdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

/** See set_mempolicy(2). `nodes` as `0-3,7`. */
export interface MemoryPolicyConfig {
  mode: keyof typeof memoryPolicyModes;
  nodes?: string;
  flags?: (keyof typeof memoryPolicyFlags)[];
}

export interface MountConfig {
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
  /** Of an id-mapped mount: what belongs to containerID in the source belongs to the host's hostID here. */
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
}

export interface LinuxConfig {
  /** path: join this namespace instead of making one. */
  namespaces?: { type: "pid" | "mount" | "uts" | "ipc" | "network" | "cgroup" | "user" | "time"; path?: string }[];
  /** Relative to the cgroup2 mount (or, in a cgroup namespace, to its root). */
  cgroupsPath?: string;
  resources?: LinuxResources;
  maskedPaths?: string[];
  /** SELinux context of what is mounted anew for the container. */
  mountLabel?: string;
  readonlyPaths?: string[];
  sysctl?: Record<string, string>;
  /** Which mounts and unmounts the container's root shares with the host: none of them unless said so. */
  rootfsPropagation?: RootfsPropagation;
  /** Of a new user namespace. */
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
  /** What a new time namespace adds to the clocks. */
  timeOffsets?: Partial<Record<"monotonic" | "boottime", { secs?: number; nanosecs?: number }>>;
  personality?: { domain: "LINUX" | "LINUX32"; flags?: string[] };
  memoryPolicy?: MemoryPolicyConfig;
  /** Which system calls the container may make; all of them without it. */
  seccomp?: SeccompProfile;
  /** Device files beside those that every container has. */
  devices?: DeviceConfig[];
}

export type RootfsPropagation = `${"" | "r"}${"private" | "shared" | "slave" | "unbindable"}`;

export interface DeviceConfig {
  path: string;
  /** b(lock), c(haracter), u (the same as c), p: a FIFO, which has no numbers. */
  type: "b" | "c" | "u" | "p";
  major?: number;
  minor?: number;
  /** Permissions; 0666 when left out. */
  fileMode?: number;
  uid?: number;
  gid?: number;
}

export interface LinuxResources extends Omit<CgroupLimits, "legacyDevices"> {
  /** Which device files may be used, beside those that every container has; the last rule about a device counts. */
  devices?: DeviceRule[];
}

/** Where the container's root comes from; mounted in the container's own mount namespace, so nothing is left on the host. */
export type RootSource =
  /** One overlay mount. `lower`: top-most layer first. */
  | { type: "overlay"; lower: string[]; upper: string; work: string }
  /** An overlay whose writable part is a tmpfs that dies with the container. */
  | { type: "volatile-overlay"; lower: string[]; sizeBytes?: number }
  /** A directory, bind mounted. */
  | { type: "directory"; path: string };

/** Host paths that become fds 0, 1, 2 (files are opened for append, FIFOs read-write so that no writer ever gets SIGPIPE); "null" is /dev/null. */
export interface Stdio {
  stdin: string;
  stdout: string;
  stderr: string;
}

export interface StartRequest {
  id: string;
  config: RuntimeConfig;
  /** Default: the directory config.root.path. */
  root?: RootSource;
  /**
   * `inherit`: descriptors 0, 1 and 2 of the caller as they are; `descriptors`: three others of them, which stay the caller's. `console`, with process.terminal: a connected Unix
   * socket that gets the master of a terminal of the container's own devpts. Without it all three are /dev/null.
   */
  stdio?: Stdio | "inherit" | { console: number } | { descriptors: readonly [number, number, number] };
  /** The caller's descriptors 3, 4 … become the container's: how many. None unless stated. */
  preserveFds?: number;
  /** Do not give the container a session keyring of its own. */
  keepKeyring?: boolean;
  /** Directory of the bundle, for who asks for the container's state and for its hooks. */
  bundle?: string;
  /** `reaper`: the first process is the runtime's own, reaps orphans and nothing else; process.args are not run. For a container that is a node. */
  pid1?: "reaper";
}

export interface CreateRequest extends StartRequest {
  /**
   * Whose child the first process becomes. `shim` (unless stated): a small process of ours, which writes down how the
   * container ended. `caller`: of this process, or of who adopts its orphans; the runtime then knows no exit code.
   */
  parent?: "shim" | "caller";
}

export type ContainerStatus = "creating" | "created" | "running" | "paused" | "stopped";

export interface ContainerState {
  ociVersion: string;
  id: string;
  status: ContainerStatus;
  /** Host-side pid of the container's first process; absent when stopped. */
  pid?: number;
  /** Start time of `pid` in clock ticks (field 22 of /proc/pid/stat): tells a reused pid apart. */
  pidStartTime?: number;
  created: string;
  started?: string;
  finished?: string;
  exit?: ExitStatus;
  bundle?: string;
  rootfs: string;
  annotations: Record<string, string>;
  /** In words: what was asked for and is not in force on this host, e.g. limits without a cgroup v2 controller. */
  notEnforced: string[];
}

export interface ExitStatus {
  /** 0-255, or 128 + signal. */
  code: number;
  signal?: number;
  oomKilled: boolean;
  finishedAt: string;
}

export interface ExecRequest {
  process: ProcessConfig;
  /** Streams of the caller: pipes, or one pty when process.terminal. */
  signal?: AbortSignal;
}

export interface ExecSession {
  pid: number;
  stdin: import("node:stream").Writable;
  stdout: import("node:stream").Readable;
  /** Absent with a terminal: everything comes on stdout. */
  stderr?: import("node:stream").Readable;
  resize(columns: number, rows: number): void;
  kill(signal: number): void;
  exit: Promise<{ code: number; signal?: number }>;
}

/**
 * Containers on this kernel, without a daemon. State lives in `stateDir/<id>/`, so that any process (also after a kill -9 of this one) sees the same
 * containers: a tiny shim (a syscall program of a few KB, not Node) is the parent of each container and writes down how it ended.
 * Codes: RUNTIME_EXISTS, RUNTIME_NOT_FOUND, RUNTIME_BAD_STATE, RUNTIME_INVALID_CONFIG (field path in details), RUNTIME_STEP_FAILED (step, errno, why, hint in details).
 */
export interface Runtime {
  /** create + start, the warm path: resolves when execve has succeeded; nothing is left when it rejects. */
  run(request: StartRequest): Promise<ContainerState>;
  state(id: string): Promise<ContainerState>;
  list(): Promise<ContainerState[]>;
  exec(id: string, request: ExecRequest): Promise<ExecSession>;
  /** `all` also signals every other process of the container (cgroup.kill for SIGKILL). */
  kill(id: string, signal: number, options?: { all?: boolean }): Promise<void>;
  /** Removes what is left of a stopped container; `force` kills it first. Idempotent. */
  delete(id: string, options?: { force?: boolean }): Promise<void>;
  /** Resolves when the container has stopped, also for containers started by a process that is gone. */
  wait(id: string, signal?: AbortSignal): Promise<ExitStatus>;
}

/** What an OCI runtime can do beyond running containers: each operation as a command of its own. */
export interface Lifecycle {
  /** Makes everything but the container's own code: its process waits in its namespaces, on its root. Nothing is left when it rejects. */
  create(request: CreateRequest): Promise<ContainerState>;
  /** Lets a created container become its own code: resolves when execve has succeeded. One that cannot be started is stopped. */
  start(id: string): Promise<ContainerState>;
  /** Freezes all processes of a running container, or thaws them. */
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Changes limits of a container; what is not named stays as it is. */
  update(id: string, resources: LinuxResources): Promise<void>;
  /** What it uses, now. */
  stats(id: string): Promise<CgroupStats>;
  /** How many of its processes the kernel has killed for want of memory. */
  oomKills(id: string): Promise<number>;
  /** All its processes, by their pids on the host. */
  processes(id: string): Promise<number[]>;
  /** A new process in a running container that the caller, or who adopts its orphans, waits for: gives its pid. */
  execDetached(id: string, request: DetachedExecRequest): Promise<number>;
}

export interface DetachedExecRequest {
  process: ProcessConfig;
  /** As in StartRequest. */
  stdio?: "inherit" | { console: number };
  preserveFds?: number;
}
