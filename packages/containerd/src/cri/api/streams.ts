export interface ExecSyncRequest {
  containerId: string;
  cmd: string[];
  /** Seconds, 0 for no limit. */
  timeout?: number;
}

export interface ExecSyncResponse {
  stdout: Buffer;
  stderr: Buffer;
  exitCode: number;
}

export interface ExecRequest {
  containerId: string;
  cmd: string[];
  tty?: boolean;
  stdin?: boolean;
  stdout?: boolean;
  stderr?: boolean;
}

/** Where the streams are to be had, once and soon. */
export interface ExecResponse {
  url: string;
}

export interface AttachRequest {
  containerId: string;
  stdin?: boolean;
  tty?: boolean;
  stdout?: boolean;
  stderr?: boolean;
}

export interface AttachResponse {
  url: string;
}

export interface PortForwardRequest {
  podSandboxId: string;
  port?: number[];
}

export interface PortForwardResponse {
  url: string;
}
