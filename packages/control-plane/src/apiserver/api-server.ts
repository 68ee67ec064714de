import type { Clock, Logger } from "@drydock/kit";
import type { ClientTls } from "../etcd/connection-options.ts";
import type { Pki } from "../pki/pki.ts";
import type { Running } from "../running.ts";
import type { AuditRule } from "./pipeline/audit-policy.ts";

export interface ApiServerOptions {
  etcd: { endpoints: readonly string[]; tls?: ClientTls };
  /** Addresses to serve on; port 0 takes a free one, and the same for all addresses with 0. */
  listen: readonly { host: string; port: number }[];
  pki: Pki;
  /** A file to which requests are written down as audit.k8s.io/v1 events, one a line; none without it. */
  audit?: { file: string; policy?: readonly AuditRule[] };
  /** Ends a start that waits, for etcd that is away: what was opened is closed, and the start rejects with its reason. */
  signal?: AbortSignal;
  logger?: Logger;
  clock?: Clock;
}

export interface ApiServer extends Running {
  /** `https://127.0.0.1:6443`: the first address. */
  readonly url: string;
  readonly port: number;
}

/**
 * Starts the API server and resolves when it is ready: caches filled, what every cluster starts with created,
 * listening. The server's parts are loaded now, not when this package is imported.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { serveApi } = await import("./server/serve-api.ts");
  return serveApi(options);
}
