import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import { connectContainerd } from "../connect-containerd.ts";
import { emptyContainerd } from "./empty-containerd.ts";
import { type ManagedContainerd, type StartContainerdOptions, startContainerd } from "./start-containerd.ts";

export interface ExampleContainerdOptions extends StartContainerdOptions {
  /** containerd's namespaces that the image is added to; `default` unless stated. */
  namespaces?: readonly string[];
}

export interface ExampleContainerd {
  /** Another one after each restart. */
  readonly daemon: ManagedContainerd;
  /** Name of the image. */
  readonly image: string;
  /** The same image as an OCI layout in a tar file. */
  readonly archive: string;
  /** Kills the daemon; its containers go on. */
  kill(): Promise<void>;
  /** After `kill`: a daemon with the same state. */
  restart(): Promise<void>;
  /** Ends every container, then the daemon. */
  close(): Promise<void>;
}

const image = "example.test/busybox:1";

/** A containerd of its own with one small image in it, busybox, that no network was needed for: to try things out, and for lessons. */
export async function startExampleContainerd(options: ExampleContainerdOptions): Promise<ExampleContainerd> {
  const { directory, namespaces = ["default"] } = options;
  await mkdir(directory, { recursive: true });
  const archive = join(directory, "busybox.tar");
  const [first] = await Promise.all([
    startContainerd(options),
    buildBusyboxImage({ busybox: "/bin/busybox", output: archive, name: image, version: "1" }),
  ]);
  let daemon = first;
  try {
    const store = await openImageStore({ directory: join(directory, "images") });
    const stored = await store.import(archive, image);
    for (const namespace of namespaces) {
      const client = await connectContainerd({ socket: daemon.socket, namespace });
      const { diffIds } = stored;
      await store.withContent(stored, (content) => client.images.add({ name: image, content, diffIds }));
      client.close();
    }
  } catch (error) {
    await daemon.close();
    throw error;
  }
  let isDown = false;
  const restart = async (): Promise<void> => {
    daemon = await startContainerd(options);
    isDown = false;
  };
  return {
    get daemon() {
      return daemon;
    },
    image,
    archive,
    kill: async () => {
      isDown = true;
      await daemon.close("SIGKILL");
    },
    restart,
    close: async () => {
      // Only a daemon can end containers.
      if (isDown) await restart();
      await emptyContainerd(daemon.socket);
      await daemon.close();
    },
  };
}
