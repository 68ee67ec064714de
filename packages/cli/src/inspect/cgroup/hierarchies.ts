import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CgroupMembership, type Mount, readCgroups, readMountinfo } from "@drydock/linux";
import { unlessHidden } from "../unless-gone.ts";

/** A tree of cgroups as it is mounted here. Version 2 is one tree with all controllers; of version 1 each controller may have a tree of its own. */
export interface Hierarchy {
  version: 1 | 2;
  mountPoint: string;
  /** Controllers that it offers; those of v2 that a v1 tree holds are missing. */
  controllers: string[];
  /** The cgroup of the reader in it. */
  own: string;
}

/** Options of a v1 mount that are no controllers. */
const flagsOfMount = new Set(["rw", "ro", "xattr", "clone_children", "noprefix", "cpuset_v2_mode", "nsdelegate"]);

export function findHierarchies(): Hierarchy[] {
  return hierarchiesOf(readMountinfo(), readCgroups("self"), {
    controllers: (mountPoint) => unlessHidden(() => readFileSync(join(mountPoint, "cgroup.controllers"), "utf8"), ""),
    exists: existsSync,
  });
}

/** Pure, apart from what `look` does. A hierarchy that is mounted several times counts once. */
export function hierarchiesOf(
  mounts: readonly Mount[],
  memberships: readonly CgroupMembership[],
  look: { controllers: (mountPoint: string) => string; exists: (path: string) => boolean },
): Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const { type, mountPoint, superOptions, root } of mounts) {
    if (type !== "cgroup" && type !== "cgroup2") continue;
    const version = type === "cgroup2" ? 2 : 1;
    const controllers =
      version === 2
        ? look.controllers(mountPoint).split(/\s+/).filter(Boolean)
        : superOptions.filter((option) => !flagsOfMount.has(option) && !/^(name|release_agent)=/.test(option));
    const membership = memberships.find((one) =>
      version === 2 ? one.hierarchy === 0 : one.controllers.some((name) => controllers.includes(name)),
    );
    if (version === 1 && controllers.length === 0) continue;
    const key = version === 2 ? "2" : controllers.join(",");
    if (!found.has(key))
      found.set(key, { version, mountPoint, controllers, own: ownCgroup(mountPoint, root, membership, look.exists) });
  }
  return [...found.values()];
}

/** Where the reader's own cgroup is below a mount, which may show only a part of the tree; the mount itself when it is not below it. */
function ownCgroup(
  mountPoint: string,
  root: string,
  membership: CgroupMembership | undefined,
  exists: (path: string) => boolean,
): string {
  const path = membership?.path ?? "/";
  const below = root !== "/" && (path === root || path.startsWith(`${root}/`)) ? path.slice(root.length) : path;
  const full = join(mountPoint, below);
  return !below.startsWith("/..") && exists(full) ? full : mountPoint;
}

/** The hierarchy that a controller is to be used through. */
export function hierarchyOf(controller: string, hierarchies: readonly Hierarchy[]): Hierarchy | undefined {
  const able = hierarchies.filter(({ controllers }) => controllers.includes(controller));
  return able.find(({ version }) => version === 2) ?? able[0];
}
