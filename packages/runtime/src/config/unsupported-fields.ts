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
  "linux.resources.memory.kernel":
    "kernel memory has no limit of its own (cgroup v2 never had one, Linux 5.16 took it out of v1): use memory.limit, which counts it",
  "linux.resources.memory.kernelTCP": "kernel memory has no limit of its own: use memory.limit, which counts it",
  "linux.seccomp.listenerPath": "it is for SCMP_ACT_NOTIFY, which is not supported: remove both",
  "linux.seccomp.listenerMetadata": "it is for SCMP_ACT_NOTIFY, which is not supported: remove both",
  "linux.netDevices": "move the device into the network namespace before the start, with ip link set DEV netns",
  "linux.intelRdt": "remove it: cache and bandwidth are then shared with the host",
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
