import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "@drydock/kit";

/** kubelet's limit, bytes. */
const maxMessageBytes = 4096;

/** Makes the empty file into which a container may write why it ended (world-writable: the container chooses its user). */
export async function createTerminationMessage(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a");
  await file.chmod(0o666);
  await file.close();
}

/** What the container left there; undefined for nothing. */
export async function readTerminationMessage(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, "r");
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(maxMessageBytes), 0, maxMessageBytes, 0);
      return bytesRead === 0 ? undefined : buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
