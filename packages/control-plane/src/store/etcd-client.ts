import { type Logger, Turns } from "@drydock/kit";
import { noop } from "cockatiel";
import { Etcd3 } from "etcd3";
import { failure } from "../errors.ts";
import { channelOptions, type StoreOptions } from "../etcd/connection-options.ts";
import { Members } from "./members.ts";
import { type WatchService, watchService } from "./watch/watch-service.ts";

/** The connections of one store. This module loads gRPC: import it only when a store is really used. */
export interface EtcdClient {
  readonly members: Members;
  /** One for each endpoint. */
  readonly watchServices: readonly WatchService[];
  /** Of watches that are being opened. */
  readonly openings: Turns;
  close(): void;
}

/**
 * Each watch has a connection, and there is one for each kind. On a slow or busy machine all handshakes at once take so long that none is done within its
 * time limit; those that try again are in the way of the others, and it stays so. A few at once, one after the other, is as fast where there is
 * time, and gets there where there is little.
 */
const OPENINGS_AT_ONCE = 4;

export async function connectEtcd(options: StoreOptions, logger: Logger): Promise<EtcdClient> {
  if (options.endpoints.length === 0) {
    throw failure("STORE_REFUSED", "no etcd endpoint was given", { hint: "give the address of at least one member" });
  }
  const connections = options.endpoints.map((endpoint) => connect(endpoint, options));
  const watchServices = await Promise.all(options.endpoints.map((endpoint) => watchService(endpoint, options)));
  const members = new Members(connections, logger);
  return {
    members,
    watchServices,
    openings: new Turns(OPENINGS_AT_ONCE),
    close() {
      members.close();
      for (const { etcd } of connections) etcd.close();
    },
  };
}

/** The library could be given all members at once, but then it would not say which of them has not answered. */
function connect(endpoint: string, { tls, keepaliveMs }: StoreOptions) {
  const etcd = new Etcd3({
    hosts: endpoint,
    grpcOptions: channelOptions([endpoint], keepaliveMs),
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
  // The library's request-level client, below its builders: we need raw bytes, revisions and headers.
  return { endpoint, etcd, kv: etcd.kv };
}
