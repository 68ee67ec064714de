export type { CallOptions } from "./api/call.ts";
export type { Any, Mount } from "./api/common.ts";
export type { Container } from "./api/containers.ts";
export type { Image } from "./api/images.ts";
export type { ContainerdServices } from "./api/services.ts";
export type { Options as RuncOptions, Process, Status as TaskStatus } from "./api/tasks.ts";
export {
  type ContainerdClient,
  type ContainerdOptions,
  connectContainerd,
} from "./connect-containerd.ts";
export type { ContainerClient } from "./containers/container-client.ts";
export type { ContainerToCreate } from "./containers/create-container.ts";
export type { ContainerConfig, ContainerMetadata, Mount as CriMount } from "./cri/api/container-config.ts";
export type { Container as CriContainer, ContainerStatus } from "./cri/api/containers.ts";
export type { ContainerEventResponse } from "./cri/api/events.ts";
export type { Image as CriImage } from "./cri/api/images.ts";
export type { PodSandboxConfig, PodSandboxMetadata } from "./cri/api/sandbox-config.ts";
export type { PodSandbox, PodSandboxStatus } from "./cri/api/sandboxes.ts";
export type { LinuxContainerSecurityContext, NamespaceOption } from "./cri/api/security.ts";
export type { CriServices, ImageService as CriImageService, RuntimeService } from "./cri/api/services.ts";
export type { ContainerStats } from "./cri/api/stats.ts";
export { type CriClient, type CriExec, type CriOptions, connectCri, defaultCriSocket } from "./cri/connect-cri.ts";
export { emptyCri } from "./cri/empty-cri.ts";
export type { ContainerdEvent, EventsByTopic } from "./events/decode-event.ts";
export type { AddProgress } from "./images/add-image.ts";
export type { ImageClient } from "./images/image-client.ts";
export type { ContainerdImage } from "./images/read-image.ts";
export type { CriPlugin } from "./managed/config-toml.ts";
export { emptyContainerd } from "./managed/empty-containerd.ts";
export {
  type ExampleContainerd,
  type ExampleContainerdOptions,
  startExampleContainerd,
} from "./managed/example-containerd.ts";
export { type LocalCriOptions, localCriPlugin, takenAddressesDirectory } from "./managed/local-cri-plugin.ts";
export { type ManagedContainerd, type StartContainerdOptions, startContainerd } from "./managed/start-containerd.ts";
export { jsonAny, readJsonAny } from "./rpc/any.ts";
export { isoTime } from "./rpc/timestamps.ts";
export { type Carrier, SpdyConnection, type SpdyStream } from "./spdy/spdy-connection.ts";
export type { StdioPaths } from "./tasks/fifo.ts";
export type { ContainerdProcess } from "./tasks/process.ts";
export type { TaskClient } from "./tasks/task-client.ts";
export type { ProcessExit } from "./tasks/wait-for-exit.ts";
