import { fileURLToPath } from "node:url";
import {
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  Metadata,
  type MethodDefinition,
} from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";
import { channelOptions, type StoreOptions } from "../../etcd/connection-options.ts";
import type { WatchRequest, WatchResponse } from "./watch-messages.ts";

/** A gRPC stream and the connection under it. */
export interface WatchCall {
  readonly stream: ClientDuplexStream<WatchRequest, WatchResponse>;
  /** Rejects when there is no connection after `ms`. */
  connected(ms: number): Promise<void>;
  /** Cancels the stream and closes the connection. */
  close(): void;
}

/** etcd's Watch service at one endpoint. */
export interface WatchService {
  readonly endpoint: string;
  open(): WatchCall;
}

const PROTO = fileURLToPath(new URL("../../../../../protos/etcd/rpc.proto", import.meta.url));

let watchMethod: Promise<MethodDefinition<WatchRequest, WatchResponse>> | undefined;

async function loadWatchMethod(): Promise<MethodDefinition<WatchRequest, WatchResponse>> {
  // Cluster ids are uint64 and lose their low bits as numbers; we only compare them.
  const definition = await load(PROTO, { longs: Number, enums: String, defaults: true });
  const service = definition["etcdserverpb.Watch"] as unknown as {
    Watch: MethodDefinition<WatchRequest, WatchResponse>;
  };
  return service.Watch;
}

/**
 * Every stream gets a connection of its own, and a break ends both. So a watch that sends much does not hold up others
 * (HTTP/2 has one flow window for a connection), and there is no state of a connection to be wrong about: grpc-js 1.14
 * waits for ever on a peer that goes silent or away during the TLS handshake (channel-credentials.js listens for errors
 * only), and shares that wait with every channel to the address unless the channel has its own pool.
 */
export async function watchService(endpoint: string, options: StoreOptions): Promise<WatchService> {
  watchMethod ??= loadWatchMethod();
  const { path, requestSerialize, responseDeserialize } = await watchMethod;
  const { tls } = options;
  const address = endpoint.replace(/^https?:\/\//, "");
  const security = tls
    ? credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert))
    : credentials.createInsecure();
  return {
    endpoint,
    open() {
      const client = new Client(address, security, channelOptions([endpoint], options.keepaliveMs));
      const metadata = new Metadata();
      // A member that loses its leader ends the stream instead of keeping silent (v3rpc/interceptor.go).
      metadata.set("hasleader", "true");
      const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
      return {
        stream,
        connected: (ms) => ready(client, Date.now() + ms),
        close() {
          stream.cancel();
          client.close();
        },
      };
    },
  };
}

/**
 * Like the library's waitForReady, which asks a channel to connect when it is told that the channel is closed: that one then connects, to a member
 * that is away for ever, and keeps the process alive.
 */
function ready(client: Client, deadline: number): Promise<void> {
  const channel = client.getChannel();
  return new Promise((resolve, reject) => {
    const look = (late?: Error): void => {
      const state = channel.getConnectivityState(false);
      if (state === connectivityState.READY) resolve();
      else if (late || state === connectivityState.SHUTDOWN) reject(late ?? new Error("the connection was closed"));
      else channel.watchConnectivityState(state, deadline, look);
    };
    look();
  });
}
