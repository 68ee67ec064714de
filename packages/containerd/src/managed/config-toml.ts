import { join } from "node:path";

/** Where an instance of containerd keeps everything. */
export interface InstancePaths {
  config: string;
  socket: string;
  log: string;
  /** Content, snapshots, metadata: what survives a restart of the machine. */
  root: string;
  /** Running tasks. Its path becomes part of Unix socket names and must be short. */
  state: string;
  /** runc's own state, which is otherwise one for the whole machine: two instances would see each other's ids. */
  runc: string;
}

export function instancePaths(directory: string): InstancePaths {
  return {
    config: join(directory, "config.toml"),
    socket: join(directory, "containerd.sock"),
    log: join(directory, "containerd.log"),
    root: join(directory, "root"),
    state: join(directory, "state"),
    runc: join(directory, "runc"),
  };
}

/** The CRI plugin of an instance. Everything that it would share with another instance lies below the instance's own directory. */
export interface CriPlugin {
  /** Name of the image whose process keeps a sandbox's namespaces; in the instance already, namespace k8s.io, or pulled. */
  sandboxImage: string;
  cni: {
    /** Where the plugins are, e.g. /usr/lib/cni. */
    binDir: string;
    /** Where configurations are read from; an empty directory waits for UpdateRuntimeConfig or for somebody to put one there. */
    confDir: string;
    /** A Go template of a configuration, into which UpdateRuntimeConfig puts the node's range (`{{.PodCIDR}}`). */
    confTemplate?: string;
  };
}

/** What an instance of ours does not need: snapshotters of file systems that few have, and tracing. */
const disabled = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
];

/** CRI is one plugin up to 1.7 and two from 2.0 on. */
const criPlugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"];

/** config.toml for an instance that shares nothing with another one on the machine. Version 2 is read by 1.6 to 2.x. */
export function configToml(paths: InstancePaths, cri?: CriPlugin): string {
  const { root, state, socket } = paths;
  const off = cri ? disabled : [...criPlugins, ...disabled];
  return `version = 2
root = ${text(root)}
state = ${text(state)}
disabled_plugins = [
${off.map((name) => `  ${text(name)},`).join("\n")}
]

[grpc]
  address = ${text(socket)}

[ttrpc]
  address = ${text(`${socket}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(root, "opt"))}
${cri ? criSection(paths, cri) : ""}`;
}

function criSection({ runc }: InstancePaths, { sandboxImage, cni }: CriPlugin): string {
  return `
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(sandboxImage)}
  netns_mounts_under_state_dir = true
  # Where the daemon may not give a process a lower score than its own, it gives its own instead of failing.
  restrict_oom_score_adj = true
  disable_apparmor = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(cni.binDir)}
  conf_dir = ${text(cni.confDir)}
  conf_template = ${text(cni.confTemplate ?? "")}

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = ${text(runc)}
`;
}

/** A basic string of TOML, whose escapes are those of JSON. */
function text(value: string): string {
  return JSON.stringify(value);
}
