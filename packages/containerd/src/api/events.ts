import type { ServerStream, Unary } from "./call.ts";
import type { Any, Empty, Envelope, Timestamp } from "./common.ts";

export interface Events {
  publish: Unary<PublishRequest, Empty>;
  subscribe: ServerStream<SubscribeRequest, Envelope>;
}

export interface PublishRequest {
  /** `/a/b` */
  topic: string;
  event: Any;
}

export interface SubscribeRequest {
  /** Any of these: `topic~="^/tasks/",namespace==drydock`. */
  filters: string[];
}

export interface TaskCreate {
  containerId: string;
  bundle: string;
  pid: number;
}

export interface TaskStart {
  containerId: string;
  pid: number;
}

export interface TaskExit {
  containerId: string;
  /** The process: the container's own id for its first one, else that of an exec. */
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | null;
}

export interface TaskDelete {
  containerId: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | null;
  id: string;
}

export interface TaskOOM {
  containerId: string;
}

export interface TaskExecAdded {
  containerId: string;
  execId: string;
}

export interface TaskExecStarted {
  containerId: string;
  execId: string;
  pid: number;
}

export interface TaskPaused {
  containerId: string;
}

export interface TaskResumed {
  containerId: string;
}

export interface ContainerCreate {
  id: string;
  image: string;
}

export interface ContainerUpdate {
  id: string;
  image: string;
  labels: Record<string, string>;
  snapshotKey: string;
}

export interface ContainerDelete {
  id: string;
}
