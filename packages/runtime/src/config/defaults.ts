import { capabilityNames } from "@drydock/linux";
import type { LinuxConfig, MountConfig, ProcessConfig } from "../types.ts";

/** What an ordinary container gets when nothing else is asked for: the same sets as in containerd and Docker. */

type Capabilities = NonNullable<ProcessConfig["capabilities"]>;
type NamespaceList = NonNullable<LinuxConfig["namespaces"]>;

const ordinary = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

export const defaultCapabilityNames: readonly string[] = ordinary;
export const allCapabilityNames: readonly string[] = capabilityNames;

/** The sets for a process that is to have these. A user other than root has them in its bounding set only. */
export function capabilitySetsFor(names: readonly string[], uid = 0): Capabilities {
  if (uid !== 0) return { bounding: [...names] };
  return { bounding: [...names], effective: [...names], permitted: [...names] };
}

export function defaultNamespaces(): NamespaceList {
  return [
    { type: "pid" },
    { type: "mount" },
    { type: "uts" },
    { type: "ipc" },
    { type: "network" },
    { type: "cgroup" },
  ];
}

export interface DefaultMountOptions {
  /** `rw` for a container that manages cgroups itself; `ro` when left out. */
  cgroup?: "ro" | "rw";
  /** Whether /sys is writable; read-only when left out. */
  sys?: "ro" | "rw";
  /** Size of /dev/shm, bytes; 64 MiB when left out. */
  shmBytes?: number;
}

/** /proc, /dev and what belongs below it, /sys, cgroup v2. */
export function defaultMounts(options: DefaultMountOptions = {}): MountConfig[] {
  const { cgroup = "ro", sys = "ro", shmBytes = 64 * 1024 * 1024 } = options;
  return [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: ["nosuid", "noexec", "nodev", "mode=1777", `size=${shmBytes}`],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", sys] },
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup2",
      source: "cgroup",
      options: ["nosuid", "noexec", "nodev", "relatime", cgroup],
    },
  ];
}

/** Paths of /proc and /sys that tell of, or change, the whole host. */
export const defaultMaskedPaths: readonly string[] = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

export const defaultReadonlyPaths: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];
