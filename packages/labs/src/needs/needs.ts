import { access, constants, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { readTextIfExists } from "@drydock/kit";

interface Need {
  /** What is missing, as the end of the sentence "this lab needs …". */
  what: string;
  /** The command that gets it, to be pasted. */
  get: string;
  /** The lab VM has it even where the host has not. */
  inVm: boolean;
  isMet(): Promise<boolean>;
}

const program = (name: string, debianPackage: string): Need => ({
  what: `the program ${name}`,
  get: `apt-get install -y ${debianPackage}`,
  inVm: false,
  isMet: () => inPath(name),
});

const table: Record<string, Need> = {
  root: {
    what: "root: namespaces and mounts are the machine's",
    get: "sudo -i, then the same command",
    inVm: false,
    isMet: async () => process.getuid?.() === 0,
  },
  cgroup2: {
    what: "cgroup v2 with its cpu, memory and pids controllers",
    get: "--vm runs the lab in a machine that has it",
    inVm: true,
    isMet: async () => {
      const controllers = (await readTextIfExists("/sys/fs/cgroup/cgroup.controllers"))?.split(/\s+/) ?? [];
      return ["cpu", "memory", "pids"].every((name) => controllers.includes(name));
    },
  },
  userns: {
    what: "user namespaces for users other than root",
    get: "sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that this kernel has)",
    inVm: false,
    isMet: async () => !(await Promise.all(userNamespaceSwitches.map(isSet))).includes(true),
  },
  overlay: {
    what: "the overlay file system",
    get: "modprobe overlay",
    inVm: true,
    isMet: async () => (await readFile("/proc/filesystems", "utf8")).split(/\s+/).includes("overlay"),
  },
  strace: program("strace", "strace"),
  busybox: program("busybox", "busybox-static"),
  bwrap: program("bwrap", "bubblewrap"),
  etcd: program("etcd", "etcd-server"),
  etcdctl: program("etcdctl", "etcd-client"),
  containerd: program("containerd", "containerd"),
  runc: program("runc", "runc"),
  crun: program("crun", "crun"),
};

/** By which hosts forbid user namespaces: the kernel's switch, Debian's, Ubuntu's. */
const userNamespaceSwitches = [
  { file: "/proc/sys/user/max_user_namespaces", forbids: "0" },
  { file: "/proc/sys/kernel/unprivileged_userns_clone", forbids: "0" },
  { file: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", forbids: "1" },
];

async function isSet({ file, forbids }: { file: string; forbids: string }): Promise<boolean> {
  return (await readTextIfExists(file))?.trim() === forbids;
}

export const knownNeeds: readonly string[] = Object.keys(table);

export interface MissingNeed {
  name: string;
  what: string;
  get: string;
  /** Another machine would have it: `--vm` helps. */
  inVm: boolean;
}

/** Which of `needs` this machine does not meet; with `vm`, which a lab VM on it would not. */
export async function missingNeeds(needs: readonly string[], options: { vm?: boolean } = {}): Promise<MissingNeed[]> {
  const missing: MissingNeed[] = [];
  for (const name of needs) {
    const need = table[name];
    if (!need || (options.vm && need.inVm) || (await need.isMet())) continue;
    missing.push({ name, what: need.what, get: need.get, inVm: need.inVm });
  }
  return missing;
}

async function inPath(name: string): Promise<boolean> {
  for (const directory of [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"]) {
    try {
      await access(join(directory, name), constants.X_OK);
      return true;
    } catch {
      // Not in this directory, or not for us: the next.
    }
  }
  return false;
}
