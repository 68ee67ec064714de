import { randomBytes } from "node:crypto";
import { hasCode } from "@drydock/kit";
import { chainIds } from "@drydock/oci";
import type { CallOptions } from "../api/call.ts";
import type { Descriptor } from "../api/common.ts";
import type { ContainerdServices } from "../api/services.ts";
import { containerdError } from "../errors.ts";
import { ignoringMissing } from "../rpc/ignoring-missing.ts";

export interface LayersToUnpack {
  snapshotter: string;
  config: Pick<Descriptor, "digest">;
  /** Base first; their blobs are in the content store. */
  layers: readonly Descriptor[];
  diffIds: readonly string[];
}

/**
 * Makes a committed snapshot of every layer on those below it, unless it is there, and ties the top-most to the image's config, so that it stays
 * as long as the image does.
 */
export async function unpackLayers(
  services: ContainerdServices,
  { snapshotter, config, layers, diffIds }: LayersToUnpack,
  options: CallOptions,
): Promise<void> {
  let parent = "";
  for (const [index, name] of chainIds(diffIds).entries()) {
    if (!(await hasSnapshot(services, snapshotter, name, options))) {
      const layer = layers[index] as Descriptor;
      await unpackLayer(services, { snapshotter, parent, name, layer, diffId: diffIds[index] as string }, options);
    }
    parent = name;
  }
  if (parent === "") return;
  const label = `containerd.io/gc.ref.snapshot.${snapshotter}`;
  const info = { digest: config.digest, labels: { [label]: parent } };
  await services.content.update({ info, updateMask: { paths: [`labels.${label}`] } }, options);
}

/** Snapshots of layers have the layer's chain id as their name. */
export async function hasSnapshot(
  { snapshots }: Pick<ContainerdServices, "snapshots">,
  snapshotter: string,
  key: string,
  options: CallOptions = {},
): Promise<boolean> {
  return (await ignoringMissing(snapshots.stat({ snapshotter, key }, options))) !== undefined;
}

interface LayerToUnpack {
  snapshotter: string;
  parent: string;
  name: string;
  layer: Descriptor;
  diffId: string;
}

async function unpackLayer(
  { snapshots, diff }: ContainerdServices,
  { snapshotter, parent, name, layer, diffId }: LayerToUnpack,
  options: CallOptions,
): Promise<void> {
  // containerd's own clients name them like this: `ctr snapshots ls` then shows what they are.
  const key = `extract-${randomBytes(6).toString("hex")} ${name}`;
  const { mounts } = await snapshots.prepare({ snapshotter, key, parent }, options);
  try {
    const { applied } = await diff.apply({ diff: layer, mounts }, options);
    if (applied.digest !== diffId) {
      throw containerdError(
        "CONTAINERD_BAD_CONTENT",
        `layer ${layer.digest} unpacks to ${applied.digest}, the image's config says ${diffId}`,
        { hint: "the image was put together wrongly; build it again" },
      );
    }
    await snapshots.commit({ snapshotter, name, key }, options);
  } catch (error) {
    // The lease would end it, too.
    await snapshots.remove({ snapshotter, key }).catch(() => {});
    // Somebody else unpacked the same layer in the meantime.
    if (!hasCode(error, "CONTAINERD_EXISTS")) throw error;
  }
}
