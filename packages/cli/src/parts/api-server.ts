import { join } from "node:path";
import { type ApiServer, ensurePki, startApiServer } from "@drydock/control-plane";
import type { Logger } from "@drydock/kit";
import { dataPaths } from "../supervisor/paths.ts";
import { listenAddress } from "./part-options.ts";

export interface ServeFlags {
  etcd: readonly string[];
  listen: readonly string[];
  /** Names and addresses that clients know the server by besides those that it listens on: of a load balancer. */
  tlsSan?: readonly string[];
}

/** 0.0.0.0 and :: stand for all addresses; nobody connects to them. */
function isOneAddress(host: string): boolean {
  return host !== "0.0.0.0" && host !== "::";
}

/** Starts the API server with the certificates of a data directory. */
export async function serveApi(
  dataDir: string,
  { etcd, listen, tlsSan = [] }: ServeFlags,
  logger: Logger,
  signal: AbortSignal,
): Promise<ApiServer> {
  const addresses = listen.map(listenAddress);
  const pki = await ensurePki(dataPaths(dataDir).pki, {
    hosts: [...addresses.map(({ host }) => host).filter(isOneAddress), ...tlsSan],
    logger,
  });
  const { cert, key } = pki.certificates["etcd-client"];
  return startApiServer({
    etcd: { endpoints: etcd, tls: { ca: pki.etcdCa.cert, cert, key } },
    listen: addresses,
    pki,
    // One for each server: several may share the directory.
    audit: { file: join(dataDir, `audit-${addresses[0]?.port ?? 0}.log`) },
    logger,
    signal,
  });
}
