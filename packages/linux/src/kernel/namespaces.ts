import { cloneFlags } from "./clone-flags.ts";

/** Kinds of namespaces: OCI's name, the file below /proc/PID/ns, the flag of clone3, unshare and setns. */
export const namespaceKinds = {
  mount: { file: "mnt", flag: "CLONE_NEWNS" },
  pid: { file: "pid", flag: "CLONE_NEWPID" },
  uts: { file: "uts", flag: "CLONE_NEWUTS" },
  ipc: { file: "ipc", flag: "CLONE_NEWIPC" },
  network: { file: "net", flag: "CLONE_NEWNET" },
  cgroup: { file: "cgroup", flag: "CLONE_NEWCGROUP" },
  user: { file: "user", flag: "CLONE_NEWUSER" },
  time: { file: "time", flag: "CLONE_NEWTIME" },
} as const satisfies Record<string, { file: string; flag: keyof typeof cloneFlags }>;

export type NamespaceKind = keyof typeof namespaceKinds;

export function namespaceFlag(kind: NamespaceKind): number {
  return cloneFlags[namespaceKinds[kind].flag];
}
