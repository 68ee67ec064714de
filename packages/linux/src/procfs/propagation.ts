import type { Mount } from "./mountinfo.ts";

/** What happens to a mount or unmount below this mount elsewhere (mount_namespaces(7), Documentation/filesystems/sharedsubtree.rst). */
export interface Propagation {
  /** Events go to and come from every mount of this peer group. */
  sharedGroup?: number;
  /** Events come from this peer group; none go back. */
  masterGroup?: number;
  /** The nearest group that the reader can see, when the master itself is outside of what it sees. */
  fromGroup?: number;
  /** Private, and cannot be bind mounted. */
  unbindable: boolean;
}

/** The optional fields of a line of mountinfo. Fields that a later kernel adds are passed over, as proc(5) asks. */
export function propagationOf({ propagation }: Pick<Mount, "propagation">): Propagation {
  const result: Propagation = { unbindable: propagation.includes("unbindable") };
  for (const field of propagation) {
    const [name, number] = field.split(":");
    if (name === "shared") result.sharedGroup = Number(number);
    if (name === "master") result.masterGroup = Number(number);
    if (name === "propagate_from") result.fromGroup = Number(number);
  }
  return result;
}

export interface MountNode extends Mount {
  children: MountNode[];
}

/**
 * Mounts as the tree that their parent ids make, children in the order of the file, in which they were mounted. A mount whose parent is not in the
 * list (the root, or what is seen through a chroot) is a root of its own. A ring of parents, which the kernel never writes, is cut.
 */
export function mountTree(mounts: readonly Mount[]): MountNode[] {
  const nodes = new Map<number, MountNode>(mounts.map((mount) => [mount.id, { ...mount, children: [] }]));
  const roots: MountNode[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.parent);
    if (parent && !isAncestor(node, parent, nodes)) parent.children.push(node);
    else roots.push(node);
  }
  return roots;
}

function isAncestor(node: MountNode, of: MountNode, nodes: ReadonlyMap<number, MountNode>): boolean {
  const seen = new Set<number>();
  for (let one: MountNode | undefined = of; one && !seen.has(one.id); one = nodes.get(one.parent)) {
    if (one === node) return true;
    seen.add(one.id);
  }
  return false;
}
