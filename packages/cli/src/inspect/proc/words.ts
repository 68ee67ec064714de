import type { OpenFile, SeccompMode } from "@drydock/linux";

export function seccompText(mode: SeccompMode): string {
  if (mode === "filter") return "filtered: a seccomp program decides on each call";
  return mode === "strict" ? "read, write, exit and sigreturn only (seccomp strict)" : "all (no seccomp filter)";
}

/** "12 open: 7 files, 3 pipes, 2 sockets (1 removed since)". Pure. */
export function summaryOfFiles(files: readonly OpenFile[]): string {
  if (files.length === 0) return "none open";
  const counts = new Map<string, number>();
  for (const { target } of files) counts.set(kindOf(target), (counts.get(kindOf(target)) ?? 0) + 1);
  const parts = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([kind, count]) => `${count} ${kind}${count === 1 ? "" : "s"}`);
  const removed = files.filter(({ deleted, target }) => deleted && target.startsWith("/")).length;
  return `${files.length} open: ${parts.join(", ")}${removed > 0 ? ` (${removed} removed since)` : ""}`;
}

function kindOf(target: string): string {
  if (target.startsWith("/dev/")) return "device";
  if (target.startsWith("/")) return "file";
  if (target.startsWith("anon_inode:")) return "kernel object";
  const kind = /^(socket|pipe):/.exec(target)?.[1];
  return kind ?? "other";
}
