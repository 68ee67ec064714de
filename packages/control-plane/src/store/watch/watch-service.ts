import { fileURLToPath } from "node:url";
import { Client, type ClientDuplexStream, credentials, Metadata, type MethodDefinition } from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";
import { channelOptions, type StoreOptions } from "../connection-options.ts";
import type { WatchRequest, WatchResponse } from "./watch-messages.ts";

export type WatchCall = ClientDuplexStream<WatchRequest, WatchResponse>;

/** etcd's Watch service at one endpoint. */
export interface WatchService {
  readonly endpoint: string;
  open(): WatchCall;
  close(): void;
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

export async function connectWatchService(endpoint: string, options: StoreOptions): Promise<WatchService> {
  const { tls } = options;
  watchMethod ??= loadWatchMethod();
  const { path, requestSerialize, responseDeserialize } = await watchMethod;
  const channel = tls
    ? credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert))
    : credentials.createInsecure();
  const client = new Client(
    endpoint.replace(/^https?:\/\//, ""),
    channel,
    channelOptions([endpoint], options.keepaliveMs),
  );
  return {
    endpoint,
    open() {
      const metadata = new Metadata();
      // A member that loses its leader ends the stream instead of keeping silent (v3rpc/interceptor.go).
      metadata.set("hasleader", "true");
      return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
    },
    close: () => client.close(),
  };
}
