import type { Logger } from "@drydock/kit";

/** PEM texts of a client certificate and of the authority that signed the server's. */
export interface ClientTls {
  ca: string;
  cert: string;
  key: string;
}

export interface StoreOptions {
  /** `https://127.0.0.1:2379`, one for each member; `http://` only without `tls`. */
  endpoints: readonly string[];
  tls?: ClientTls;
  /** Limit on each call other than a watch, ms; 5000 unless stated. */
  timeoutMs?: number;
  /** Interval of the pings that find dead connections, ms; 10 000 unless stated. etcd wants at least 5 000. */
  keepaliveMs?: number;
  logger?: Logger;
}

const KEEPALIVE_MS = 10_000;

/**
 * Options of every gRPC channel to etcd.
 * - Keepalive pings find connections that are dead without saying so, in 15 s. etcd drops clients that ping more often
 *   than every 5 s (--grpc-keepalive-min-time).
 * - etcd may send more than gRPC's usual 4 MiB at once: its watch answers that waited for the watch's creation are
 *   not split (v3rpc/watch.go, sendLoop), nor are ranges.
 * - gRPC waits up to 2 min between attempts to connect unless told otherwise; a restarted etcd should be found at once.
 * - Never through a proxy from the environment.
 * - Channels do not share connections: one that cannot be used is left by making another channel (see watch-service.ts).
 */
const CHANNEL_OPTIONS = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.min_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 1_000,
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
} as const;

/**
 * The channel options for a set of endpoints. TLS has no server names that are addresses (RFC 6066), and Node warns of
 * them: etcd on loopback is spoken to as `localhost`, which every certificate of ours for etcd bears.
 */
export function channelOptions(
  endpoints: readonly string[],
  keepaliveMs = KEEPALIVE_MS,
): Record<string, string | number> {
  const loopback = endpoints.every((endpoint) => /^https:\/\/(127\.0\.0\.1|\[::1\])(:|$)/.test(endpoint));
  return {
    ...CHANNEL_OPTIONS,
    "grpc.keepalive_time_ms": keepaliveMs,
    "grpc.keepalive_timeout_ms": keepaliveMs / 2,
    ...(loopback && { "grpc.ssl_target_name_override": "localhost" }),
  };
}
