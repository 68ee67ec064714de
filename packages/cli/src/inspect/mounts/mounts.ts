import { type MountNode, mountTree, propagationOf, readMountinfo, readNamespaces } from "@drydock/linux";
import { shorten, wrap } from "../../output/wrap.ts";
import { requireProcess } from "../ended.ts";
import { oneLine } from "../fitted-table.ts";
import { scanNamespaces } from "../ns/scan.ts";
import type { Report } from "../report.ts";
import { readOf, unlessHidden } from "../unless-gone.ts";
import { type GroupMember, type OtherNamespace, type PeerGroup, peerGroups, propagationText } from "./groups.ts";

/** Columns for type and propagation beside the tree, so that a line stays in 80. */
const typeWidth = 10;
const propagationWidth = 20;

/** The mounts of the namespace that a process is in, as a tree, and how mounts made in them spread. */
export function mountsOf(pid: number): Report {
  requireProcess(pid);
  const mounts = readOf(pid, "the mounts", () => readMountinfo(pid));
  const groups = peerGroups(mounts, otherNamespaces(readOf(pid, "the namespaces", () => readNamespaces(pid)).mnt));
  const tree = mountTree(mounts);
  const told = groups.filter(
    ({ peers, slaves, masterGroup }) => peers.length > 1 || slaves.length > 0 || masterGroup !== undefined,
  );
  return {
    data: { pid, mounts: tree, groups },
    lines: ({ width }) => [
      ...treeText(tree, width),
      ...(told.length === 0 ? [] : ["", "Groups of mounts that follow one another:"]),
      ...told.flatMap((group) =>
        wrap(groupText(group), width - 4).map((line, index) => `${index === 0 ? "  " : "    "}${line}`),
      ),
    ],
    why: why(mounts.map((mount) => propagationOf(mount))),
  };
}

/** One look into every other mount namespace: through the first process that is in it. */
function otherNamespaces(own: number | undefined): OtherNamespace[] {
  return scanNamespaces().namespaces.flatMap(({ kind, inode, pids }) => {
    if (kind !== "mnt" || inode === own) return [];
    for (const pid of pids) {
      const mounts = unlessHidden(() => readMountinfo(pid), undefined);
      if (mounts) return [{ pid, mounts }];
    }
    return [];
  });
}

function treeText(tree: readonly MountNode[], width: number): string[] {
  const room = Math.max(20, width - typeWidth - propagationWidth - 4);
  const rows: [string, string, string][] = [["MOUNT POINT", "TYPE", "PROPAGATION"]];
  const visit = (node: MountNode, head: string, below: string, parent: string): void => {
    rows.push([`${head}${shownPoint(node.mountPoint, parent)}`, node.type, propagationText(propagationOf(node))]);
    for (const [index, child] of node.children.entries()) {
      const isLast = index === node.children.length - 1;
      visit(child, `${below}${isLast ? "└─" : "├─"}`, `${below}${isLast ? "  " : "│ "}`, node.mountPoint);
    }
  };
  for (const node of tree) visit(node, "", "", "");
  const column = Math.min(room, Math.max(...rows.map(([point]) => point.length)));
  return rows.map(([point, type, propagation]) =>
    shorten(`${shorten(point, column).padEnd(column)}  ${type.padEnd(typeWidth)}  ${propagation}`, width),
  );
}

/** Below its parent a path is shown from there on. */
function shownPoint(point: string, parent: string): string {
  if (point === parent) return `${oneLine(point)} (over it)`;
  const isBelow = parent !== "" && parent !== "/" && point.startsWith(`${parent}/`);
  return oneLine(isBelow ? point.slice(parent.length + 1) : point);
}

function groupText({ id, peers, slaves, masterGroup }: PeerGroup): string {
  const parts = [
    peers.length > 0 ? `peers ${membersText(peers)}` : "its peers are in no namespace that is seen from here",
    ...(masterGroup === undefined ? [] : [`gets from group ${masterGroup}`]),
    ...(slaves.length > 0 ? [`followed by ${membersText(slaves)}`] : []),
  ];
  return `${id}: ${parts.join("; ")}`;
}

const mostMembers = 4;

function membersText(members: readonly GroupMember[]): string {
  const here = members.filter(({ elsewhere }) => elsewhere === undefined).map(({ mountPoint }) => oneLine(mountPoint));
  const there = members.flatMap(({ elsewhere, mountPoint }) =>
    elsewhere === undefined ? [] : [`${oneLine(mountPoint)} of pid ${elsewhere}`],
  );
  const all = [...here, ...there];
  const more = all.length - mostMembers;
  return `${all.slice(0, mostMembers).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function why(all: readonly ReturnType<typeof propagationOf>[]): string {
  const has = (test: (one: (typeof all)[number]) => boolean): boolean => all.some(test);
  const sentences = [
    ...(has((one) => one.sharedGroup !== undefined)
      ? ["shared N: what is mounted below appears at every mount of group N, in other namespaces too."]
      : []),
    ...(has((one) => one.masterGroup !== undefined)
      ? [
          "slave of N: it gets what is mounted in group N and gives nothing back; containers often stand so to the machine.",
        ]
      : []),
    ...(has(({ sharedGroup, masterGroup }) => sharedGroup === undefined && masterGroup === undefined)
      ? ["private: mounts stay where they are made."]
      : []),
  ];
  return sentences.join(" ");
}
