import { type Mount, type Propagation, propagationOf } from "@drydock/linux";

/** A mount somewhere: in the mount namespace of a process (its lowest pid) at a path. */
export interface GroupMember {
  /** Lowest pid in that mount namespace; undefined for the one that was asked for. */
  elsewhere?: number;
  mountPoint: string;
}

export interface PeerGroup {
  id: number;
  /** Mounts between which mounts and unmounts are passed on, both ways. */
  peers: GroupMember[];
  /** Mounts that get them from here and give none back. */
  slaves: GroupMember[];
  /** The group that this one gets them from itself. */
  masterGroup?: number;
}

/** The mounts of another mount namespace, for finding peers there. */
export interface OtherNamespace {
  pid: number;
  mounts: readonly Mount[];
}

/** Groups that the given mounts belong to or follow, with their members everywhere. Pure. */
export function peerGroups(mounts: readonly Mount[], others: readonly OtherNamespace[]): PeerGroup[] {
  const wanted = new Set(mounts.flatMap((mount) => groupsOf(propagationOf(mount))));
  const groups = new Map<number, PeerGroup>([...wanted].map((id) => [id, { id, peers: [], slaves: [] }]));
  const add = (mount: Mount, elsewhere?: number): void => {
    const { sharedGroup, masterGroup } = propagationOf(mount);
    const member = { ...(elsewhere === undefined ? {} : { elsewhere }), mountPoint: mount.mountPoint };
    const own = sharedGroup === undefined ? undefined : groups.get(sharedGroup);
    own?.peers.push(member);
    if (own && masterGroup !== undefined) own.masterGroup = masterGroup;
    if (masterGroup !== undefined) groups.get(masterGroup)?.slaves.push(member);
  };
  for (const mount of mounts) add(mount);
  for (const { pid, mounts: theirs } of others) for (const mount of theirs) add(mount, pid);
  return [...groups.values()].sort((a, b) => a.id - b.id);
}

function groupsOf({ sharedGroup, masterGroup, fromGroup }: Propagation): number[] {
  return [sharedGroup, masterGroup, fromGroup].filter((id) => id !== undefined);
}

/** Propagation of one mount in a few words, for a column. */
export function propagationText({ sharedGroup, masterGroup, fromGroup, unbindable }: Propagation): string {
  if (unbindable) return "unbindable";
  const from = fromGroup === undefined || fromGroup === masterGroup ? "" : ` (from ${fromGroup})`;
  if (sharedGroup !== undefined && masterGroup !== undefined)
    return `shared ${sharedGroup}, slave of ${masterGroup}${from}`;
  if (sharedGroup !== undefined) return `shared ${sharedGroup}`;
  return masterGroup === undefined ? "private" : `slave of ${masterGroup}${from}`;
}
