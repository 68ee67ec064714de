import { type ContainerdServices, serviceNames } from "./api/services.ts";
import type { ContainerdClient, ContainerdOptions } from "./connect-containerd.ts";
import { ContainerClient } from "./containers/container-client.ts";
import { subscribe } from "./events/subscribe.ts";
import { ImageClient } from "./images/image-client.ts";
import { buildServices } from "./rpc/build-services.ts";
import { Channel } from "./rpc/channel.ts";
import { loadProtos } from "./rpc/load-protos.ts";
import { TaskClient } from "./tasks/task-client.ts";

/** A client that has not spoken to containerd yet. */
export async function openClient(options: Required<ContainerdOptions>): Promise<ContainerdClient> {
  const { socket, namespace, logger, ...defaults } = options;
  const protos = await loadProtos("containerd");
  const channel = new Channel(socket, namespace);
  const services = buildServices<ContainerdServices>(channel, protos, serviceNames);
  return {
    socket,
    namespace,
    services,
    images: new ImageClient(services, defaults.snapshotter, logger),
    containers: new ContainerClient(services, protos, defaults, logger),
    tasks: new TaskClient(services, logger),
    version: (options) => services.version.version({}, options),
    subscribe: (signal) => subscribe(services, protos, namespace, signal),
    close: () => channel.close(),
  };
}
