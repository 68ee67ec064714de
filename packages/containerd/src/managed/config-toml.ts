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

/** What an instance of ours does not need: CRI, snapshotters of file systems that few have, and tracing. */
const disabled = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
];

/** config.toml for an instance that shares nothing with another one on the machine. Version 2 is read by 1.6 to 2.x. */
export function configToml({ root, state, socket }: InstancePaths): string {
  const text = (value: string): string => JSON.stringify(value);
  return `version = 2
root = ${text(root)}
state = ${text(state)}
disabled_plugins = [
${disabled.map((name) => `  ${text(name)},`).join("\n")}
]

[grpc]
  address = ${text(socket)}

[ttrpc]
  address = ${text(`${socket}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(root, "opt"))}
`;
}
