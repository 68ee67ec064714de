/** What each kind of namespace keeps apart (namespaces(7)), in the order in which they say most about a container. */
export const namespaceWords: Readonly<Record<string, string>> = {
  pid: "process numbers: its first one is pid 1",
  mnt: "mounts: which file systems, and where",
  net: "interfaces, addresses, routes and ports",
  uts: "the host name",
  ipc: "shared memory, semaphores, queues",
  cgroup: "which cgroup is shown as the root of all",
  user: "user ids, and what root has power over",
  time: "the clocks that count from boot",
};

const order = Object.keys(namespaceWords);

/** For sorting: a kind that a later kernel adds comes last. */
export function kindRank(kind: string): number {
  const at = order.indexOf(kind);
  return at < 0 ? order.length : at;
}
