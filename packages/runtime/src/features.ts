import {
  capabilityNames,
  namespaceKinds,
  seccompActions,
  seccompArchitectures,
  seccompFlags,
  seccompOperators,
} from "@drydock/linux";
import { planMount } from "./config/mount-options.ts";
import { adviceFor } from "./config/unsupported-fields.ts";
import { hookKinds } from "./hooks/kinds.ts";

/** The newest runtime-spec that configurations are read by. */
export const specVersion = "1.2.0";

/** What this runtime can do, whatever the host: runtime-spec, features.md and features-linux.md. */
export function features() {
  return {
    ociVersionMin: "1.0.0",
    ociVersionMax: specVersion,
    hooks: [...hookKinds],
    mountOptions: knownMountOptions(),
    linux: {
      namespaces: Object.keys(namespaceKinds).sort(),
      capabilities: [...capabilityNames],
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: has("linux.resources.rdma") },
      seccomp: seccomp(),
      apparmor: { enabled: has("process.apparmorProfile") },
      selinux: { enabled: has("process.selinuxLabel") },
      intelRdt: { enabled: has("linux.intelRdt") },
      mountExtensions: { idmap: { enabled: has("mounts[].uidMappings") } },
    },
  };
}

/** Whether a field of the configuration is put into force. */
function has(field: string): boolean {
  return adviceFor(field) === undefined;
}

function seccomp() {
  if (!has("linux.seccomp")) return { enabled: false };
  return {
    enabled: true,
    actions: Object.keys(seccompActions),
    operators: [...seccompOperators],
    archs: [...seccompArchitectures],
    knownFlags: Object.keys(seccompFlags),
    supportedFlags: Object.keys(seccompFlags),
  };
}

/** Options of mount(8) that say something about a mount, not about one file system. */
const mountAttributes =
  "async atime defaults dev diratime exec noatime nodev nodiratime noexec nostrictatime nosuid " +
  "nosymfollow norelatime relatime ro rw strictatime suid symfollow";
const mountPropagation = "private rprivate shared rshared slave rslave unbindable runbindable";
const mountOthers = "bind rbind idmap ridmap tmpcopyup remount";

/** Those of them that are taken, by asking who takes them: what nobody knows goes to the file system. */
function knownMountOptions(): string[] {
  const recursive = mountAttributes.split(" ").map((name) => `r${name}`);
  const all = [...`${mountAttributes} ${mountPropagation} ${mountOthers}`.split(" "), ...recursive];
  return all.filter(isTaken).sort();
}

function isTaken(option: string): boolean {
  try {
    return planMount({ destination: "/", type: "tmpfs", options: [option] }, "").data.length === 0;
  } catch {
    // Refused by name.
    return false;
  }
}
