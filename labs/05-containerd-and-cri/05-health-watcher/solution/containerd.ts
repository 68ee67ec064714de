/**
 * A containerd for this lab, with a small image in it. Given; nothing to do here.
 *
 * node containerd.ts [DIRECTORY]       starts one, prints how to reach it, and ends it and all of its containers on Ctrl-C. What it keeps is below
 *                                      DIRECTORY (/tmp), which must not be an overlay itself
 *
 * For programs: connect() gives a client of the containerd at $SOCKET, spec() the OCI configuration of a container.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContainerdClient, connectContainerd, startExampleContainerd } from "@drydock/containerd";

export const image = process.env.IMAGE ?? "example.test/busybox:1";

export function connect(): Promise<ContainerdClient> {
  const { SOCKET: socket = "/run/containerd/containerd.sock", NAMESPACE: namespace = "lab" } = process.env;
  return connectContainerd({ socket, namespace });
}

/** What runc is to make of the container: no limits, namespaces of its own, its root below its bundle. */
export function spec(id: string, args: readonly string[]): object {
  const capabilities = ["CAP_KILL", "CAP_CHOWN"];
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid: 0, gid: 0 },
      cwd: "/",
      args,
      env: ["PATH=/bin"],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: "rootfs" },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
    ],
    linux: {
      cgroupsPath: `${process.env.CGROUP ?? "/drydock-lab"}/${id}`,
      namespaces: ["pid", "mount", "network", "uts", "ipc"].map((type) => ({ type })),
    },
  };
}

if (import.meta.main) {
  const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), "lab-"));
  const example = await startExampleContainerd({ directory, namespaces: ["lab"] });
  console.log(`export SOCKET=${example.daemon.socket}\nexport IMAGE=${example.image}`);
  console.log(`ctr --address ${example.daemon.socket} --namespace lab containers ls`);
  await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  await example.close();
  rmSync(directory, { recursive: true, force: true });
}
