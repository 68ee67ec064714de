/** Always a directory, never where somebody keeps files: the check's own tmpfs is mounted here. */
export const SCRATCH = "/dev/shm";

/** How many processes and threads a check may have at once: enough for a few Nodes, too few for a fork bomb to be felt. */
export const MOST_TASKS = 512;

/** Rights that no lab is about and that reach beyond any namespace. */
const withheld = ["sys_boot", "sys_module", "sys_time", "sys_rawio"].map((name) => `-${name}`).join(",");

export interface Sandbox {
  folder: string;
  /** cgroup.procs of the cgroup that limits the check, where there is one. */
  cgroupProcs?: string;
  /** Without root the namespaces belong to a user namespace of their own. */
  root: boolean;
}

/**
 * The command that runs `command` with namespaces of its own (pid, mount, network, ipc, uts): of the host's files it may change the learner's folder alone, /tmp
 * looks as before and forgets what is written, and whatever it starts or mounts is gone with it. It ends with us, also when we are killed.
 * Not contained are devices, /sys and what root may do by them: the lab VM contains those, too. Pure.
 */
export function sandboxCommand(sandbox: Sandbox, command: readonly string[]): [file: string, args: string[]] {
  const enter = sandbox.cgroupProcs ? `echo $$ >${quote(sandbox.cgroupProcs)} && ` : "";
  const namespaces = [
    ...(sandbox.root ? [] : ["--user", "--map-root-user"]),
    ...["--pid", "--fork", "--kill-child=KILL", "--mount", "--mount-proc", "--ipc", "--uts", "--net"],
  ].join(" ");
  const inside = `${enter}exec unshare ${namespaces} -- /bin/sh -c "$0" "$@"`;
  return ["setpriv", ["--pdeathsig", "KILL", "--", "/bin/sh", "-c", inside, setupScript(sandbox), "sh", ...command]];
}

function setupScript({ folder, root }: Sandbox): string {
  const F = quote(folder);
  const drop = root ? `setpriv --bounding-set ${withheld} -- ` : "";
  return [
    "set -e",
    "PATH=$PATH:/usr/sbin:/sbin",
    `S=${SCRATCH}`,
    "mount -t tmpfs -o size=512m,mode=1777 lab $S",
    "mkdir -p $S/.lab/upper $S/.lab/work $S/.lab/folder",
    "chmod 1777 $S/.lab/upper",
    // The folder may be below /tmp, which is about to be covered.
    `mount --bind ${F} $S/.lab/folder`,
    // In a user namespace the kernel takes no directory with mounts below it (those of an AppImage, say) as a layer: then /tmp is empty.
    "mount -t overlay -o lowerdir=/tmp,upperdir=$S/.lab/upper,workdir=$S/.lab/work lab /tmp 2>/dev/null || mount -t tmpfs -o size=512m,mode=1777 lab /tmp",
    // Below a mount of its own in /tmp it is not seen through the overlay: its place is made there.
    `mkdir -p ${F}`,
    `mount --bind $S/.lab/folder ${F}`,
    "umount $S/.lab/folder",
    // Every other mount of the host becomes read-only. Names in /proc/self/mounts have \\040 for a space: printf gives it back.
    "while read -r _ at _; do",
    `  case $at in /proc|/proc/*|/sys|/sys/*|/dev|/dev/*|/tmp) continue;; esac`,
    '  at=$(printf "%b" "$at")',
    `  [ "$at" = ${F} ] || mount -o remount,bind,ro "$at" 2>/dev/null || true`,
    "done </proc/self/mounts",
    "ip link set lo up",
    // A test runner puts itself into every Node by this, whatever environment we give.
    "unset NODE_OPTIONS",
    `exec ${drop}"$@"`,
  ].join("\n");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
