import type { Architecture, LabelFiles } from "@drydock/linux";
import type { RootSource, RuntimeConfig } from "../types.ts";
import type { InstalledFilter } from "./seccomp.ts";

/** How a standard stream is opened: what kind of file it is decides the flags. */
export interface StreamSource {
  path: string;
  kind: "null" | "fifo" | "file" | "device";
}

/** `hooks`: before pivot_root; `start`: before the last steps, which make the process the container's own code. */
export type Gate = "hooks" | "start";

/**
 * Everything that a plan depends on, as a value: with the same input the plan is the same, on any machine. What must be
 * looked up on the host is looked up before, by facts.ts.
 */
export interface CompileInput {
  id: string;
  config: RuntimeConfig;
  root: RootSource;
  /** The container's directory: the shim writes pid and exit there, and `root` and `empty` are places to mount on. */
  directory: string;
  /** Directory of the container's cgroup; none when the host has no cgroup v2. */
  cgroup?: string;
  /** Its directories in cgroup v1 hierarchies, where those hold the controllers of its limits. */
  legacyCgroups?: readonly string[];
  /**
   * `inherit`: the program's inherited descriptors `stdin`, `stdout` and `stderr`. `console`: a new terminal of the
   * container's own devpts, whose other side is sent through the inherited socket `console`.
   */
  streams: { stdin: StreamSource; stdout: StreamSource; stderr: StreamSource } | "inherit" | "console";
  /** Where the first process waits for leave to go on; nowhere when left out. See gates.ts. */
  gates?: readonly Gate[];
  /** `caller`: the shim ends at once, so that the first process becomes a child of the caller or its subreaper. */
  parent?: "shim" | "caller";
  /** How many inherited descriptors `preserved0`, `preserved1` … the container gets as 3, 4 … */
  preserved?: number;
  /** The container does not get a session keyring of its own. */
  keepKeyring?: boolean;
  /** `reaper`: the first process is ours and only reaps (see reaper.ts); process.args are not run. */
  firstProcess: "args" | "reaper";
  facts: HostFacts;
  /** linux.seccomp, compiled; it is compiled here when left out. */
  seccomp?: InstalledFilter;
  arch: Architecture;
}

export interface HostFacts {
  /** Kinds of the sources of bind mounts, by path. */
  sourceKinds: ReadonlyMap<string, "directory" | "file">;
  /** Capabilities that this process has and can pass on. */
  permitted: bigint;
  /** oom_score_adj of this process: without CAP_SYS_RESOURCE it cannot go below. */
  oomScoreAdj: number;
  /**
   * How rules about device files can be put into force: by an eBPF program, by cgroup v1's devices controller, or not at
   * all, which is what it means when left out.
   */
  deviceFilter?: "program" | "legacy";
  /** Where labels of AppArmor and SELinux are written; left out when the configuration has none. */
  labels?: LabelFiles;
  /** The runtime is not root: what it may do it may do in a user namespace of its own. */
  rootless?: RootlessFacts;
}

export interface RootlessFacts {
  uid: number;
  gid: number;
  /** Where the setuid helpers are, which write maps with more than the own id. */
  newuidmap: string;
  newgidmap: string;
}
