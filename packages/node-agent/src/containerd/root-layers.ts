import type { Mount } from "@drydock/containerd";

/**
 * The directories that a container's root is laid over, top-most first, from the mounts of its snapshot: `lowerdir` with overlayfs, the one
 * directory with snapshotters that copy. Pure.
 */
export function rootLayers(mounts: readonly Mount[]): string[] {
  return mounts.flatMap(({ type, source, options }) => {
    if (type !== "overlay") return type === "bind" ? [source] : [];
    const lower = options.find((option) => option.startsWith("lowerdir="));
    return lower ? lower.slice("lowerdir=".length).split(":") : [];
  });
}
