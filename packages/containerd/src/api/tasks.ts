import type { Unary } from "./call.ts";
import type { Any, Empty, Metric, Mount, Timestamp } from "./common.ts";

export interface Tasks {
  create: Unary<CreateTaskRequest, CreateTaskResponse>;
  start: Unary<StartRequest, StartResponse>;
  /** Refused while it runs, with CONTAINERD_FAILED (1.6) or CONTAINERD_BAD_STATE. */
  delete: Unary<DeleteTaskRequest, DeleteResponse>;
  deleteProcess: Unary<DeleteProcessRequest, DeleteResponse>;
  get: Unary<GetRequest, GetResponse>;
  list: Unary<ListTasksRequest, ListTasksResponse>;
  kill: Unary<KillRequest, Empty>;
  exec: Unary<ExecProcessRequest, Empty>;
  resizePty: Unary<ResizePtyRequest, Empty>;
  closeIO: Unary<CloseIORequest, Empty>;
  pause: Unary<PauseTaskRequest, Empty>;
  resume: Unary<ResumeTaskRequest, Empty>;
  listPids: Unary<ListPidsRequest, ListPidsResponse>;
  metrics: Unary<MetricsRequest, MetricsResponse>;
  wait: Unary<WaitRequest, WaitResponse>;
}

export type Status = "UNKNOWN" | "CREATED" | "RUNNING" | "STOPPED" | "PAUSED" | "PAUSING";

export interface Process {
  /** Left empty by 1.6 when it answers for a whole container. */
  containerId: string;
  /** The container's id for its first process, else that of the exec. */
  id: string;
  pid: number;
  status: Status;
  /** Paths of FIFOs, "" for none. */
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  /** Exit code, 128 + signal when it was killed. */
  exitStatus: number;
  exitedAt: Timestamp | null;
}

export interface ProcessInfo {
  pid: number;
  info: Any | null;
}

/** containerd.runc.v1.Options */
export interface Options {
  noPivotRoot?: boolean;
  noNewKeyring?: boolean;
  shimCgroup?: string;
  ioUid?: number;
  ioGid?: number;
  /** The OCI runtime to run, runc unless stated. */
  binaryName?: string;
  root?: string;
  systemdCgroup?: boolean;
}

export interface CreateTaskRequest {
  containerId: string;
  rootfs: Mount[];
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  options?: Any;
}

export interface CreateTaskResponse {
  containerId: string;
  pid: number;
}

export interface StartRequest {
  containerId: string;
  execId?: string;
}

export interface StartResponse {
  pid: number;
}

export interface DeleteTaskRequest {
  containerId: string;
}

export interface DeleteProcessRequest {
  containerId: string;
  execId: string;
}

export interface DeleteResponse {
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | null;
}

export interface GetRequest {
  containerId: string;
  execId?: string;
}

export interface GetResponse {
  process: Process;
}

export interface ListTasksRequest {
  filter: string;
}

export interface ListTasksResponse {
  tasks: Process[];
}

export interface KillRequest {
  containerId: string;
  execId?: string;
  signal: number;
  /** Every process of the container. */
  all?: boolean;
}

export interface ExecProcessRequest {
  containerId: string;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  /** `process` of the OCI runtime configuration, as JSON. */
  spec: Any;
  execId: string;
}

export interface ResizePtyRequest {
  containerId: string;
  execId?: string;
  /** Columns and rows. */
  width: number;
  height: number;
}

export interface CloseIORequest {
  containerId: string;
  execId?: string;
  stdin: boolean;
}

export interface PauseTaskRequest {
  containerId: string;
}

export interface ResumeTaskRequest {
  containerId: string;
}

export interface ListPidsRequest {
  containerId: string;
}

export interface ListPidsResponse {
  processes: ProcessInfo[];
}

export interface MetricsRequest {
  filters: string[];
}

export interface MetricsResponse {
  metrics: Metric[];
}

export interface WaitRequest {
  containerId: string;
  execId?: string;
}

export interface WaitResponse {
  exitStatus: number;
  exitedAt: Timestamp | null;
}
