import type { Empty } from "../../api/common.ts";
import type { ContainerStatus } from "./containers.ts";
import type { PodSandboxStatus } from "./sandboxes.ts";

export type GetEventsRequest = Empty;

export type ContainerEventType =
  | "CONTAINER_CREATED_EVENT"
  | "CONTAINER_STARTED_EVENT"
  | "CONTAINER_STOPPED_EVENT"
  | "CONTAINER_DELETED_EVENT";

export interface ContainerEventResponse {
  containerId: string;
  containerEventType: ContainerEventType;
  createdAt: number;
  podSandboxStatus: PodSandboxStatus | null;
  containersStatuses: ContainerStatus[];
}
