import {
  capabilitySetsFor,
  defaultCapabilityNames,
  defaultMaskedPaths,
  defaultMounts,
  defaultNamespaces,
  defaultReadonlyPaths,
} from "../config/defaults.ts";
import type { RuntimeConfig } from "../types.ts";

/** A configuration to start from, for a bundle whose root file system is the directory `rootfs` in it. */
export function defaultConfig(args: readonly string[] = ["sh"]): RuntimeConfig {
  return {
    ociVersion: "1.0.2",
    hostname: "drydock",
    root: { path: "rootfs" },
    process: {
      cwd: "/",
      args: [...args],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
      user: { uid: 0, gid: 0 },
      capabilities: capabilitySetsFor(defaultCapabilityNames),
      noNewPrivileges: true,
    },
    mounts: defaultMounts(),
    linux: {
      namespaces: defaultNamespaces(),
      maskedPaths: [...defaultMaskedPaths],
      readonlyPaths: [...defaultReadonlyPaths],
    },
  };
}
