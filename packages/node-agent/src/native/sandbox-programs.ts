import { join } from "node:path";
import { cloneFlags, flags, loopbackSteps, mountFlags, type Step, type SyscallProgram } from "@drydock/linux";

/** The namespaces that the containers of a pod share, and the files that keep them alive without a process in them. */
const shared = ["net", "uts", "ipc"] as const;

/**
 * Makes a pod's namespaces and binds each to a file: the namespace lives as long as the mount does, so no pause container is needed.
 * The process is of the agent's mount namespace, therefore the agent sees the mounts.
 */
export function namespacesProgram(directory: string, hostname: string): SyscallProgram {
  return {
    name: "pod namespaces",
    steps: [
      {
        name: "unshare",
        args: [flags(cloneFlags, "CLONE_NEWNET", "CLONE_NEWUTS", "CLONE_NEWIPC")],
        why: "a network, a host name and System V IPC of the pod's own",
      },
      { name: "sethostname", args: [hostname, Buffer.byteLength(hostname)], why: "the pod's name is its host name" },
      ...loopbackSteps(),
      ...shared.map(
        (name): Step => ({
          name: "mount",
          args: [`/proc/self/ns/${name}`, join(directory, name), "", flags(mountFlags, "MS_BIND"), 0],
          why: `keep the ${name} namespace when this process has ended`,
        }),
      ),
      { name: "exit_group", args: [0], why: "the mounts are what remains" },
    ],
  };
}
