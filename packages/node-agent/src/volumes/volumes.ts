import { chmod, chown, lstat, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf, hasCode, pathExists } from "@drydock/kit";
import { cString, MNT_DETACH, mountFlags, readMountinfo, syscall, syscallUnless } from "@drydock/linux";
import type { Container, Pod, Volume } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import type { NodeFacts } from "../pods/environment.ts";
import type { SourceObjects } from "../sources/source-objects.ts";
import type { PodDirectories } from "./pod-directories.ts";
import { isWritten, type VolumeFiles, volumeFiles } from "./volume-files.ts";
import { writeFiles } from "./write-files.ts";

export interface VolumeMountPoint {
  hostPath: string;
  containerPath: string;
  readOnly: boolean;
}

/** What volumes are made from besides the pod. */
export interface VolumeInput {
  directories: PodDirectories;
  facts: NodeFacts;
  sources: SourceObjects;
}

/** Makes what the container's volume mounts need, unless it is there, and says where each is on the node. Idempotent. */
export async function prepareVolumes(pod: Pod, container: Container, input: VolumeInput): Promise<VolumeMountPoint[]> {
  const points: VolumeMountPoint[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
    if (!volume) throw agentError("AGENT_BAD_VOLUME", `pod has no volume named ${mount.name}`);
    points.push({
      hostPath: await prepareVolume(volume, pod, input),
      containerPath: mount.mountPath,
      // What the agent writes itself no container may touch: it must not lead our writes elsewhere by a link.
      readOnly: isWritten(volume) || (mount.readOnly ?? false),
    });
  }
  return points;
}

/** Brings the files that the agent writes up to date, of volumes that a container of the pod has got already. True when some changed. */
export async function refreshVolumes(pod: Pod, { directories, facts, sources }: VolumeInput): Promise<boolean> {
  let changed = false;
  for (const volume of (pod.spec.volumes ?? []).filter(isWritten)) {
    const path = join(directories.volumes(pod.metadata.uid ?? ""), volume.name);
    if (!(await pathExists(path))) continue;
    const files = filesOf(volume, pod, facts, sources);
    changed = (await writeFiles(path, files, pod.spec.securityContext?.fsGroup)) || changed;
  }
  return changed;
}

function filesOf(volume: Volume, pod: Pod, facts: NodeFacts, sources: SourceObjects): VolumeFiles {
  try {
    return volumeFiles(volume, pod, facts, sources);
  } catch (error) {
    if (!hasCode(error, "AGENT_BAD_VOLUME", "AGENT_BAD_ENV")) throw error;
    const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`;
    throw agentError("AGENT_BAD_VOLUME", message, { hint: error.hint, cause: error });
  }
}

async function prepareVolume(volume: Volume, pod: Pod, { directories, facts, sources }: VolumeInput): Promise<string> {
  if (volume.hostPath) {
    await checkHostPath(volume.hostPath.path, volume.hostPath.type ?? "");
    return volume.hostPath.path;
  }
  const path = join(directories.volumes(pod.metadata.uid ?? ""), volume.name);
  const group = pod.spec.securityContext?.fsGroup;
  if (isWritten(volume)) {
    const files = filesOf(volume, pod, facts, sources);
    await mkdir(path, { recursive: true, mode: 0o755 });
    // Secrets never reach a disk.
    if (volume.secret || volume.projected) mountMemory(path, "mode=0755");
    await writeFiles(path, files, group);
    return path;
  }
  await mkdir(path, { recursive: true });
  // Containers choose their own users; a sticky bit is not set, as in kubelet's emptyDir.
  await chmod(path, 0o777);
  if (volume.emptyDir?.medium === "Memory") mountMemory(path, "mode=0777");
  if (group !== undefined) {
    await chown(path, 0, group);
    // Set-gid: what is made in it is the group's, too.
    await chmod(path, 0o2777);
  }
  return path;
}

/** A tmpfs, unless one is there. */
function mountMemory(path: string, options: string): void {
  if (isMountPoint(path)) return;
  const flags = mountFlags.MS_NOSUID | mountFlags.MS_NODEV;
  syscall("mount", cString("tmpfs"), cString(path), cString("tmpfs"), flags, cString(options));
}

/**
 * Gives back a pod's volumes. Never follows a link and never descends into a mount: the memory volumes are detached first, and if that
 * fails nothing is deleted.
 */
export async function removeVolumes(podUid: string, directories: PodDirectories): Promise<void> {
  const root = directories.volumes(podUid);
  const names = await readdir(root).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  });
  for (const name of names) {
    const path = join(root, name);
    if ((await lstat(path)).isDirectory() && isMountPoint(path))
      syscallUnless(["EINVAL"], "umount2", cString(path), MNT_DETACH);
  }
  await rm(directories.pod(podUid), { recursive: true, force: true });
}

function isMountPoint(path: string): boolean {
  return readMountinfo().some((mount) => mount.mountPoint === path);
}

const checks: Record<string, (stats: Awaited<ReturnType<typeof stat>>) => boolean> = {
  Directory: (stats) => stats.isDirectory(),
  DirectoryOrCreate: (stats) => stats.isDirectory(),
  File: (stats) => stats.isFile(),
  FileOrCreate: (stats) => stats.isFile(),
  Socket: (stats) => stats.isSocket(),
  CharDevice: (stats) => stats.isCharacterDevice(),
  BlockDevice: (stats) => stats.isBlockDevice(),
};

async function checkHostPath(path: string, type: string): Promise<void> {
  let stats = await statIfExists(path);
  if (!stats && (type === "" || type === "DirectoryOrCreate")) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    stats = await statIfExists(path);
  } else if (!stats && type === "FileOrCreate") {
    await mkdir(dirname(path), { recursive: true });
    await (await open(path, "a", 0o644)).close();
    stats = await statIfExists(path);
  }
  if (stats && (checks[type]?.(stats) ?? true)) return;
  throw agentError("AGENT_BAD_VOLUME", `hostPath type check failed: ${path} is not a ${type || "path"}`, {
    hint: `make it on the node, or use a type that creates it`,
  });
}

async function statIfExists(path: string) {
  return stat(path).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
}
