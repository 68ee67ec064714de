import type { VmRequest } from "./engine.ts";
import { guestNetworkLines } from "./network/guest-network.ts";

export interface GuestPlan {
  /** Shell lines that make /proc, /sys and overlayfs available and set LOWER to where the host's files are mounted. */
  prelude: readonly string[];
  /** Shell line that mounts `path` of the host, writable, at `$N` + path. */
  mountShare(path: string): string;
  /** Devices of the machine for the command's output and for our own status lines. */
  devices: { stdin: string; stdout: string; stderr: string; status: string };
  /** Shell lines that make the machine's network card appear, and the name it then has. Run when the request has a network. */
  card: { prelude: readonly string[]; name: string };
  /** The devices are terminals and must be told to leave bytes alone. */
  devicesAreTerminals: boolean;
}

/**
 * The first process of a lab VM: lays a writable tmpfs over the host's files, mounts what a Linux system has, hands every cgroup v2
 * controller on, runs the command, says how it ended, and switches the machine off. Pure.
 */
export function guestScript(request: VmRequest, plan: GuestPlan): string {
  const { stdin, stdout, stderr, status } = plan.devices;
  // Nobody types at these: bytes pass as they are.
  const rawDevices = request.terminal ? [status] : [stdout, stderr, status];
  const environment = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    TERM: process.env.TERM ?? "dumb",
    DRYDOCK_VM: "1",
    ...request.env,
  };
  const assignments = Object.entries(environment).map(([name, value]) => shellQuote(`${name}=${value}`));
  const command = request.command.map(shellQuote);
  const run = `cd ${shellQuote(request.cwd ?? "/")} && exec /usr/bin/env -i ${assignments.join(" ")} ${command.join(" ")}`;
  return `${[
    "#!/bin/busybox sh",
    "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...plan.prelude,
    "B=/bin/busybox; W=/run/drydock-vm; N=$W/root",
    "$B mount -t tmpfs -o mode=755 writable /run && $B mkdir -p $W/upper $W/work $N",
    '$B mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$W/upper,workdir=$W/work" $N',
    "$B mount -t proc proc $N/proc; $B mount -t sysfs sys $N/sys; $B mount -t devtmpfs dev $N/dev",
    "$B mkdir -p $N/dev/pts $N/dev/shm $N/dev/mqueue",
    "$B mount -t devpts devpts $N/dev/pts -o ptmxmode=666,gid=5,mode=620",
    "for at in dev/shm run tmp; do $B mount -t tmpfs tmpfs $N/$at; done; $B chmod 1777 $N/tmp $N/dev/shm",
    ...links.map(([name, target]) => `$B ln -sfn ${target} $N/dev/${name}`),
    "$B mount -t cgroup2 cgroup2 $N/sys/fs/cgroup; $B mount -t bpf bpf $N/sys/fs/bpf 2>/dev/null",
    "for controller in $($B cat $N/sys/fs/cgroup/cgroup.controllers); do",
    "  echo +$controller >$N/sys/fs/cgroup/cgroup.subtree_control",
    "done",
    "$B ip link set lo up; $B hostname drydock-vm",
    ...(request.network ? [...plan.card.prelude, ...guestNetworkLines(request.network, plan.card.name)] : []),
    ...(request.shares ?? []).map(({ path }) => plan.mountShare(path)),
    ...(plan.devicesAreTerminals ? rawDevices.map((device) => `$B stty -F ${device} raw -echo`) : []),
    `echo "up $($B cut -d' ' -f1 /proc/uptime)" >${status}`,
    `$B setsid ${request.terminal ? "-c " : ""}$B chroot $N /bin/sh -c ${shellQuote(run)} <${stdin} >${stdout} 2>${stderr}`,
    `echo "exit $?" >${status}`,
    "$B sync; exec $B poweroff -f",
  ].join("\n")}\n`;
}

const links = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
] as const;

export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
