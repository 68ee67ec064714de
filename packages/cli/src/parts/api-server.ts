import { type ApiServer, ensurePki, startApiServer } from "@drydock/control-plane";
import type { Logger } from "@drydock/kit";
import { dataPaths } from "../supervisor/paths.ts";
import { listenAddress } from "./part-options.ts";

/** Starts the API server with the certificates of a data directory. */
export async function serveApi(
  dataDir: string,
  { etcd, listen }: { etcd: readonly string[]; listen: readonly string[] },
  logger: Logger,
): Promise<ApiServer> {
  const addresses = listen.map(listenAddress);
  const pki = await ensurePki(dataPaths(dataDir).pki, { hosts: addresses.map(({ host }) => host), logger });
  const { cert, key } = pki.certificates["etcd-client"];
  return startApiServer({
    etcd: { endpoints: etcd, tls: { ca: pki.etcdCa.cert, cert, key } },
    listen: addresses,
    pki,
    logger,
  });
}
