/**
 * Fields of the runtime-spec that this runtime does not have, and what to do instead. Other tools write most of them
 * empty: empty they ask for nothing and pass. With a value they are refused, since a container without what it asked
 * for is not the container that was meant. `[]` stands for any index.
 */
export const unsupportedFields: Readonly<Record<string, string>> = {
  solaris: "this runtime is for Linux",
  windows: "this runtime is for Linux",
  vm: "this runtime makes no virtual machines",
  zos: "this runtime is for Linux",
  freebsd: "this runtime is for Linux",
  "process.commandLine": "is for Windows: use process.args",
  "process.user.username": "is for Windows: give process.user.uid and gid",
  "process.apparmorProfile": "remove it: the process then runs unconfined by AppArmor",
  "process.selinuxLabel": "remove it: the process then keeps the runtime's own label",
  "linux.seccomp.listenerPath": "it is for SCMP_ACT_NOTIFY, which is not supported: remove both",
  "linux.seccomp.listenerMetadata": "it is for SCMP_ACT_NOTIFY, which is not supported: remove both",
  "linux.devices": "bind mount the device file instead, with an entry of type bind in mounts",
  "linux.netDevices": "move the device into the network namespace before the start, with ip link set DEV netns",
  "linux.mountLabel": "remove it: the mounts then have no SELinux label",
  "linux.intelRdt": "remove it: cache and bandwidth are then shared with the host",
  "linux.resources.blockIO": 'use linux.resources.unified, e.g. {"io.max": "8:0 rbps=1048576"}',
  "linux.resources.network": "network priorities are of cgroup v1: use tc in the network namespace",
  "linux.resources.hugepageLimits": 'use linux.resources.unified, e.g. {"hugetlb.2MB.max": "0"}',
  "linux.resources.rdma": 'use linux.resources.unified, e.g. {"rdma.max": "mlx4_0 hca_handle=2"}',
  "linux.resources.memory.kernel": "kernel memory has no limit of its own in cgroup v2: use memory.limit",
  "linux.resources.memory.kernelTCP": "kernel memory has no limit of its own in cgroup v2: use memory.limit",
  "linux.resources.memory.swappiness": "cgroup v2 has none: set vm.swappiness on the host",
  "linux.resources.memory.disableOOMKiller": "cgroup v2 cannot: set process.oomScoreAdj to -1000",
  "linux.resources.memory.useHierarchy": "remove it: cgroup v2 always counts children too",
  "linux.resources.memory.checkBeforeUpdate": "remove it: it only matters for changes of a running container",
  "linux.resources.cpu.burst": 'use linux.resources.unified, e.g. {"cpu.max.burst": "10000"}',
  "linux.resources.cpu.idle": 'use linux.resources.unified: {"cpu.idle": "1"}',
  "linux.resources.cpu.realtimeRuntime": "cgroup v2 has no budget for real-time processes: remove it",
  "linux.resources.cpu.realtimePeriod": "cgroup v2 has no budget for real-time processes: remove it",
};

/** What to do about a field of the spec that is not supported; undefined for a field that the spec does not have. */
export function adviceFor(path: string): string | undefined {
  const pattern = path.replaceAll(/\[\d+\]/g, "[]");
  return Object.hasOwn(unsupportedFields, pattern) ? unsupportedFields[pattern] : undefined;
}

/** null, false, 0, "", and whatever holds nothing but these: written by tools that print every field they know. */
export function asksForNothing(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  return Object.values(value).every(asksForNothing);
}
