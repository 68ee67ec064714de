import { hasCode, type Logger, messageOf } from "@drydock/kit";
import type { Any, Mount } from "../api/common.ts";
import type { ContainerdServices } from "../api/services.ts";
import type { Options } from "../api/tasks.ts";
import { containerdError } from "../errors.ts";
import { withLease } from "../leases/with-lease.ts";
import { jsonAny, runcOptionsType, specType } from "../rpc/any.ts";
import { ignoringMissing } from "../rpc/ignoring-missing.ts";
import type { Protos } from "../rpc/load-protos.ts";

export interface ContainerToCreate {
  id: string;
  /** Name of the image, for information. */
  image: string;
  /** The snapshot that its root file system begins as: a ContainerdImage's `chainId`. */
  chainId: string;
  snapshotter: string;
  /** The OCI runtime configuration, when the layers below the root are known. */
  spec: (root: Mount[]) => object | Promise<object>;
  labels?: Record<string, string>;
  extensions?: Record<string, Any>;
  /** How the runtime is called, e.g. with another program in place of runc. */
  runtime: Options;
}

export const runcRuntime = "io.containerd.runc.v2";

/** Makes the container's root and its record; nothing runs yet. CONTAINERD_EXISTS when there is one with this id. */
export async function createContainer(
  services: ContainerdServices,
  protos: Protos,
  logger: Logger,
  container: ContainerToCreate,
): Promise<Mount[]> {
  const { id, image, snapshotter, labels = {}, extensions = {} } = container;
  const { containers, snapshots } = services;
  return withLease(services, logger, async (lease) => {
    const mounts = await prepareRoot(services, container, lease);
    try {
      const spec = jsonAny(specType, await container.spec(mounts));
      const runtime = { name: runcRuntime, options: runtimeOptions(protos, container.runtime) };
      await containers.create(
        { container: { id, image, labels, runtime, spec, snapshotter, snapshotKey: id, extensions } },
        { lease },
      );
    } catch (error) {
      await snapshots.remove({ snapshotter, key: id }).catch((other: unknown) => {
        logger.debug({ id, error: messageOf(other) }, "root of a container that was not made is left to the collector");
      });
      throw error;
    }
    return mounts;
  });
}

/** A root without a container is what a crash in the middle left: it is made anew. */
async function prepareRoot(
  { containers, snapshots }: ContainerdServices,
  { id, snapshotter, chainId }: ContainerToCreate,
  lease: string,
): Promise<Mount[]> {
  const request = { snapshotter, key: id, parent: chainId };
  try {
    return (await snapshots.prepare(request, { lease })).mounts;
  } catch (error) {
    if (!hasCode(error, "CONTAINERD_EXISTS")) throw error;
    const container = await ignoringMissing(containers.get({ id }));
    if (container) throw containerdError("CONTAINERD_EXISTS", `container ${id} exists`, { cause: error });
    await ignoringMissing(snapshots.remove({ snapshotter, key: id }));
    return (await snapshots.prepare(request, { lease })).mounts;
  }
}

function runtimeOptions(protos: Protos, options: Options): Any | null {
  const message = Object.keys(options).length > 0 && protos.message(runcOptionsType);
  return message ? { type_url: runcOptionsType, value: message.serialize(options) } : null;
}
