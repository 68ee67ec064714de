/**
 * node lifecycle.ts create ID ARGS…     root, record and task from $IMAGE; prints the pid. The program has not begun.
 * node lifecycle.ts start ID            it begins
 * node lifecycle.ts wait ID             prints its exit code when it has ended
 * node lifecycle.ts kill ID SIGNAL      a number
 * node lifecycle.ts delete ID           ends it when it runs; task, record and root are gone. Done already is done, too.
 * node lifecycle.ts events              prints "ready", then, as it happens, "created ID", "started ID", "exited ID CODE", "deleted ID"
 */
import { jsonAny } from "@drydock/containerd";
import { connect, image, spec } from "./containerd.ts";

const SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

const client = await connect();
const { containers, snapshots, tasks } = client.services;
const [command, id = "", ...args] = process.argv.slice(2);
const snapshotter = "overlayfs";

if (command === "create") {
  const { chainId } = (await client.images.get(image)) ?? { chainId: "" };
  const { mounts } = await snapshots.prepare({ snapshotter, key: id, parent: chainId });
  await containers.create({
    container: {
      id,
      image,
      labels: {},
      runtime: { name: "io.containerd.runc.v2", options: null },
      spec: jsonAny(SPEC_TYPE, spec(id, args)),
      snapshotter,
      snapshotKey: id,
      extensions: {},
    },
  });
  const { pid } = await tasks.create({
    containerId: id,
    rootfs: mounts,
    stdin: "",
    stdout: "",
    stderr: "",
    terminal: false,
  });
  await tasks.start({ containerId: id });
  console.log(pid);
} else if (command === "kill") {
  await tasks.kill({ containerId: id, signal: Number(args[0]) });
}
client.close();
