import { join } from "node:path";
import type { RuntimeConfig } from "@drydock/runtime";

/** Our configuration in the words that runc wants. Pure. */
export function runcConfig(config: RuntimeConfig): object {
  const { linux = {} } = config;
  return {
    ...config,
    // runc chooses between v1 and v2 itself, and shows what of it belongs to the container.
    mounts: config.mounts?.map((mount) => (mount.type === "cgroup2" ? { ...mount, type: "cgroup" } : mount)),
    linux: {
      ...linux,
      // A relative path would be taken relative to the cgroup of containerd's shim.
      cgroupsPath: join("/", linux.cgroupsPath ?? ""),
      // runc adds the usual ones (null, zero, random, tty …) to what is allowed here: nothing.
      resources: { ...linux.resources, devices: [{ allow: false, access: "rwm" }] },
    },
  };
}
