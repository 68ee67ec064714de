import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildImage, openImageStore } from "@drydock/oci";
import type { ContainerdClient } from "../connect-containerd.ts";
import type { CriPlugin } from "../managed/config-toml.ts";
import { localCriPlugin } from "../managed/local-cri-plugin.ts";
import { whyNoContainerd } from "./containerd-fixture.ts";

const sandboxImage = "example.test/pause:1";

/** Why tests of CRI cannot run here, or undefined. */
export function whyNoCri(): string | undefined {
  const missing = spawnSync("/usr/lib/cni/ptp", { env: { CNI_COMMAND: "VERSION" } }).error;
  return (
    whyNoContainerd() ?? (missing && "the CNI plugins are not installed (apt-get install containernetworking-plugins)")
  );
}

export function criPluginIn(directory: string): Promise<CriPlugin> {
  return localCriPlugin({ directory, sandboxImage });
}

/** Puts the image of sandboxes into containerd: a process that only sleeps. `client` is of the namespace k8s.io. */
export async function addSandboxImage(client: ContainerdClient, directory: string): Promise<void> {
  const output = join(directory, "pause.tar");
  await buildImage({
    layers: [{ files: [{ path: "busybox", source: "/bin/busybox", mode: 0o755 }] }],
    config: { Entrypoint: ["/busybox", "sleep", "2147483647"] },
    name: sandboxImage,
    output,
  });
  const store = await openImageStore({ directory: join(directory, "images") });
  const image = await store.import(output, sandboxImage);
  await store.withContent(image, (content) =>
    client.images.add({ name: sandboxImage, content, diffIds: image.diffIds }),
  );
}
