import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectContainerd } from "@drydock/containerd";

/**
 * Puts an image for sandboxes into containerd, where its CRI plugin finds it under `name`, so that no registry is needed: a single file of a
 * few hundred bytes, which reaps and waits. Everybody else's is called pause.
 */
export async function importSandboxImage(options: { socket: string; name: string }): Promise<void> {
  const { socket, name } = options;
  // Loaded here, so that who imports this package for something else does not pay for it.
  const [{ initExecutable }, { buildImage, openImageStore }] = await Promise.all([
    import("@drydock/runtime"),
    import("@drydock/oci"),
  ]);
  const directory = await mkdtemp(join(tmpdir(), "drydock-pause-"));
  const client = await connectContainerd({ socket, namespace: "k8s.io" });
  try {
    const output = join(directory, "pause.tar");
    const files = [{ path: "pause", content: Buffer.from(initExecutable()), mode: 0o755 }];
    await buildImage({ layers: [{ files }], config: { Entrypoint: ["/pause"] }, name, output });
    const store = await openImageStore({ directory: join(directory, "images") });
    const image = await store.import(output, name);
    await store.withContent(image, (content) => client.images.add({ name, content, diffIds: image.diffIds }));
  } finally {
    client.close();
    await rm(directory, { recursive: true, force: true });
  }
}
