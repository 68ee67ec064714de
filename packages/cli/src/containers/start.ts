import type { NodeImage, ObservedContainer } from "@drydock/node-agent";
import { remark } from "../output/print.ts";
import type { Engine } from "./engine.ts";
import { closeNetwork } from "./network.ts";
import { runtimeKinds } from "./place.ts";
import { type ContainerRecord, listRecords, removeRecord } from "./record.ts";
import { containerSpecOf, sandboxSpecOf } from "./specs.ts";

/**
 * Makes the container of a record and starts it; the image is pulled unless it is there. A command that cannot be executed is a container that
 * ended. When it throws, nothing is left.
 */
export async function startContainer(
  engine: Engine,
  record: ContainerRecord,
  dataDir: string,
  signal: AbortSignal,
): Promise<ObservedContainer> {
  try {
    const image = await ensureImage(engine, record.request.image, signal);
    signal.throwIfAborted();
    await engine.pods.ensureSandbox(sandboxSpecOf(record, engine.place));
    signal.throwIfAborted();
    return await engine.pods.startContainer(containerSpecOf(record, image, engine.place));
  } catch (error) {
    // What failed first is what is told.
    await removeContainer(engine, record, dataDir).catch(() => {});
    throw error;
  }
}

async function ensureImage({ images }: Engine, reference: string, signal: AbortSignal): Promise<NodeImage> {
  const present = await images.status(reference);
  if (present) return present;
  remark(`Pulling ${reference}`);
  return images.pull(reference, signal);
}

/** Everything of a container that does not run, and the network when it was the last one. Idempotent. */
export async function removeContainer(engine: Engine, record: ContainerRecord, dataDir: string): Promise<void> {
  await engine.pods.removePod(record.uid);
  await removeRecord(engine.place, record.name);
  await closeNetwork(dataDir, async () => {
    const left = await Promise.all(runtimeKinds.map((kind) => listRecords(dataDir, kind)));
    return left.flat().length > 0;
  });
}
