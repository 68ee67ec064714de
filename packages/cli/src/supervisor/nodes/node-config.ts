import {
  allCapabilityNames,
  capabilitySetsFor,
  defaultMounts,
  defaultNamespaces,
  type MountConfig,
  type StartRequest,
} from "@drydock/runtime";
import type { DataPaths } from "../paths.ts";
import { nodePaths, nodeResolvConf } from "./node-paths.ts";

export interface NodeContainerInput {
  name: string;
  /** Relative to the cgroup2 mount. */
  cgroup: string;
  paths: DataPaths;
  /** Directories of the host that the node's programs are in: ours and Node's. */
  programs: readonly string[];
}

/** Memory that a node's own root may take: what programs write outside the state directory. */
const rootSizeBytes = 256 << 20;

/**
 * A node as a container: a machine of its own as far as its agent can tell. Its root is the host's, with a writable layer that lives in memory; it
 * has all capabilities, because it makes containers itself. Pure.
 */
export function nodeContainer({ name, cgroup, paths, programs }: NodeContainerInput): StartRequest {
  const own = nodePaths(paths, name);
  return {
    id: name,
    pid1: "reaper",
    root: { type: "volatile-overlay", lower: ["/"], sizeBytes: rootSizeBytes },
    config: {
      ociVersion: "1.2.0",
      hostname: name,
      process: { cwd: "/", args: ["node"], capabilities: capabilitySetsFor(allCapabilityNames) },
      root: { path: "/" },
      mounts: [
        ...defaultMounts({ cgroup: "rw", sys: "rw" }),
        tmpfs("/run"),
        tmpfs("/tmp", "mode=1777"),
        // Hides the rest of the data directory, which the host's root may show.
        tmpfs(paths.root),
        ...programs.map((path) => bind(path, path, "ro")),
        bind(own.root, own.root, "rw"),
        bind(own.images, own.images, "rw"),
        bind(nodeResolvConf(paths), "/etc/resolv.conf", "ro"),
      ],
      linux: {
        namespaces: defaultNamespaces(),
        cgroupsPath: `${cgroup}/${name}`,
        sysctl: { "net.ipv4.ip_forward": "1" },
        // What its containers may use their own rules say.
        resources: { devices: [{ allow: true }] },
      },
    },
  };
}

function tmpfs(destination: string, mode = "mode=755"): MountConfig {
  return { destination, type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", mode] };
}

function bind(source: string, destination: string, access: "ro" | "rw"): MountConfig {
  return { destination, type: "bind", source, options: ["rbind", access] };
}
