/**
 * The directories that together are one container's cgroup: one in the cgroup2 hierarchy, and one for each controller
 * that this host gives to a cgroup v1 hierarchy and that the container has a limit of. A plain value: it is kept in the
 * container's record and read back by processes to come.
 */
export interface ContainerCgroup {
  /** Absolute path in the cgroup2 hierarchy; none where none is mounted. */
  unified?: string;
  /** Absolute paths in cgroup v1 hierarchies, by controller (v1's names: memory, cpu, blkio …). */
  legacy?: Readonly<Record<string, string>>;
}
