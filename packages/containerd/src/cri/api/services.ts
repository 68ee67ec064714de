import type { ServerStream, Unary } from "../../api/call.ts";
import type {
  CheckpointContainerRequest,
  CheckpointContainerResponse,
  CheckpointPodRequest,
  CheckpointPodResponse,
  RestorePodRequest,
  RestorePodResponse,
} from "./checkpoints.ts";
import type {
  ContainerStatusRequest,
  ContainerStatusResponse,
  CreateContainerRequest,
  CreateContainerResponse,
  ListContainersRequest,
  ListContainersResponse,
  RemoveContainerRequest,
  RemoveContainerResponse,
  ReopenContainerLogRequest,
  ReopenContainerLogResponse,
  StartContainerRequest,
  StartContainerResponse,
  StopContainerRequest,
  StopContainerResponse,
  StreamContainersRequest,
  StreamContainersResponse,
  UpdateContainerResourcesRequest,
  UpdateContainerResourcesResponse,
} from "./containers.ts";
import type { ContainerEventResponse, GetEventsRequest } from "./events.ts";
import type {
  ImageFsInfoRequest,
  ImageFsInfoResponse,
  ImageStatusRequest,
  ImageStatusResponse,
  ListImagesRequest,
  ListImagesResponse,
  PullImageRequest,
  PullImageResponse,
  RemoveImageRequest,
  RemoveImageResponse,
  StreamImagesRequest,
  StreamImagesResponse,
} from "./images.ts";
import type {
  ListMetricDescriptorsRequest,
  ListMetricDescriptorsResponse,
  ListPodSandboxMetricsRequest,
  ListPodSandboxMetricsResponse,
  StreamPodSandboxMetricsRequest,
  StreamPodSandboxMetricsResponse,
} from "./metrics.ts";
import type {
  ListPodSandboxRequest,
  ListPodSandboxResponse,
  PodSandboxStatusRequest,
  PodSandboxStatusResponse,
  RemovePodSandboxRequest,
  RemovePodSandboxResponse,
  RunPodSandboxRequest,
  RunPodSandboxResponse,
  StopPodSandboxRequest,
  StopPodSandboxResponse,
  StreamPodSandboxesRequest,
  StreamPodSandboxesResponse,
  UpdatePodSandboxResourcesRequest,
  UpdatePodSandboxResourcesResponse,
} from "./sandboxes.ts";
import type {
  ContainerStatsRequest,
  ContainerStatsResponse,
  ListContainerStatsRequest,
  ListContainerStatsResponse,
  ListPodSandboxStatsRequest,
  ListPodSandboxStatsResponse,
  PodSandboxStatsRequest,
  PodSandboxStatsResponse,
  StreamContainerStatsRequest,
  StreamContainerStatsResponse,
  StreamPodSandboxStatsRequest,
  StreamPodSandboxStatsResponse,
} from "./stats.ts";
import type {
  RuntimeConfigRequest,
  RuntimeConfigResponse,
  StatusRequest,
  StatusResponse,
  UpdateRuntimeConfigRequest,
  UpdateRuntimeConfigResponse,
  VersionRequest,
  VersionResponse,
} from "./status.ts";
import type {
  AttachRequest,
  AttachResponse,
  ExecRequest,
  ExecResponse,
  ExecSyncRequest,
  ExecSyncResponse,
  PortForwardRequest,
  PortForwardResponse,
} from "./streams.ts";

/** Sandboxes (what the containers of a pod share) and the containers in them. */
export interface RuntimeService {
  version: Unary<VersionRequest, VersionResponse>;
  status: Unary<StatusRequest, StatusResponse>;
  runtimeConfig: Unary<RuntimeConfigRequest, RuntimeConfigResponse>;
  updateRuntimeConfig: Unary<UpdateRuntimeConfigRequest, UpdateRuntimeConfigResponse>;
  runPodSandbox: Unary<RunPodSandboxRequest, RunPodSandboxResponse>;
  stopPodSandbox: Unary<StopPodSandboxRequest, StopPodSandboxResponse>;
  removePodSandbox: Unary<RemovePodSandboxRequest, RemovePodSandboxResponse>;
  podSandboxStatus: Unary<PodSandboxStatusRequest, PodSandboxStatusResponse>;
  listPodSandbox: Unary<ListPodSandboxRequest, ListPodSandboxResponse>;
  streamPodSandboxes: ServerStream<StreamPodSandboxesRequest, StreamPodSandboxesResponse>;
  updatePodSandboxResources: Unary<UpdatePodSandboxResourcesRequest, UpdatePodSandboxResourcesResponse>;
  createContainer: Unary<CreateContainerRequest, CreateContainerResponse>;
  startContainer: Unary<StartContainerRequest, StartContainerResponse>;
  stopContainer: Unary<StopContainerRequest, StopContainerResponse>;
  removeContainer: Unary<RemoveContainerRequest, RemoveContainerResponse>;
  listContainers: Unary<ListContainersRequest, ListContainersResponse>;
  streamContainers: ServerStream<StreamContainersRequest, StreamContainersResponse>;
  containerStatus: Unary<ContainerStatusRequest, ContainerStatusResponse>;
  updateContainerResources: Unary<UpdateContainerResourcesRequest, UpdateContainerResourcesResponse>;
  reopenContainerLog: Unary<ReopenContainerLogRequest, ReopenContainerLogResponse>;
  getContainerEvents: ServerStream<GetEventsRequest, ContainerEventResponse>;
  execSync: Unary<ExecSyncRequest, ExecSyncResponse>;
  exec: Unary<ExecRequest, ExecResponse>;
  attach: Unary<AttachRequest, AttachResponse>;
  portForward: Unary<PortForwardRequest, PortForwardResponse>;
  containerStats: Unary<ContainerStatsRequest, ContainerStatsResponse>;
  listContainerStats: Unary<ListContainerStatsRequest, ListContainerStatsResponse>;
  streamContainerStats: ServerStream<StreamContainerStatsRequest, StreamContainerStatsResponse>;
  podSandboxStats: Unary<PodSandboxStatsRequest, PodSandboxStatsResponse>;
  listPodSandboxStats: Unary<ListPodSandboxStatsRequest, ListPodSandboxStatsResponse>;
  streamPodSandboxStats: ServerStream<StreamPodSandboxStatsRequest, StreamPodSandboxStatsResponse>;
  listMetricDescriptors: Unary<ListMetricDescriptorsRequest, ListMetricDescriptorsResponse>;
  listPodSandboxMetrics: Unary<ListPodSandboxMetricsRequest, ListPodSandboxMetricsResponse>;
  streamPodSandboxMetrics: ServerStream<StreamPodSandboxMetricsRequest, StreamPodSandboxMetricsResponse>;
  checkpointContainer: Unary<CheckpointContainerRequest, CheckpointContainerResponse>;
  checkpointPod: Unary<CheckpointPodRequest, CheckpointPodResponse>;
  restorePod: Unary<RestorePodRequest, RestorePodResponse>;
}

export interface ImageService {
  listImages: Unary<ListImagesRequest, ListImagesResponse>;
  streamImages: ServerStream<StreamImagesRequest, StreamImagesResponse>;
  imageStatus: Unary<ImageStatusRequest, ImageStatusResponse>;
  pullImage: Unary<PullImageRequest, PullImageResponse>;
  removeImage: Unary<RemoveImageRequest, RemoveImageResponse>;
  imageFsInfo: Unary<ImageFsInfoRequest, ImageFsInfoResponse>;
}

/** The two services of CRI v1, call by call as they are on the wire. */
export interface CriServices {
  runtime: RuntimeService;
  images: ImageService;
}

/** Their names on the wire. */
export const criServiceNames: Record<keyof CriServices, string> = {
  runtime: "runtime.v1.RuntimeService",
  images: "runtime.v1.ImageService",
};
