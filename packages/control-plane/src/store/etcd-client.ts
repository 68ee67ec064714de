import { noop } from "cockatiel";
import { Etcd3, type KVClient } from "etcd3";
import { failure } from "../errors.ts";
import { channelOptions, type StoreOptions } from "../etcd/connection-options.ts";
import { type WatchService, watchService } from "./watch/watch-service.ts";

/** The connections of one store. This module loads gRPC: import it only when a store is really used. */
export interface EtcdClient {
  readonly kv: KVClient;
  /** One for each endpoint. */
  readonly watchServices: readonly WatchService[];
  close(): void;
}

export async function connectEtcd(options: StoreOptions): Promise<EtcdClient> {
  if (options.endpoints.length === 0) {
    throw failure("STORE_REFUSED", "no etcd endpoint was given", { hint: "give the address of at least one member" });
  }
  const { tls } = options;
  const etcd = new Etcd3({
    hosts: [...options.endpoints],
    grpcOptions: channelOptions(options.endpoints, options.keepaliveMs),
    // The library would retry writes whose fate is unknown, and stop calling a host for 5 s after three failures.
    faultHandling: { global: noop, host: () => noop },
    ...(tls && {
      credentials: {
        rootCertificate: Buffer.from(tls.ca),
        privateKey: Buffer.from(tls.key),
        certChain: Buffer.from(tls.cert),
      },
    }),
  });
  const watchServices = await Promise.all(options.endpoints.map((endpoint) => watchService(endpoint, options)));
  return {
    // The library's request-level client, below its builders: we need raw bytes, revisions and headers.
    kv: etcd.kv,
    watchServices,
    close: () => etcd.close(),
  };
}
