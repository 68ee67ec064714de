import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClientTls, ensurePki, kubeconfigFor, type Pki, startApiServer, startEtcd } from "@drydock/control-plane";

/** An etcd and an API server on free ports of loopback, and an administrator's kubeconfig. */
export async function startControlPlane(): Promise<{
  directory: string;
  kubeconfig: string;
  pki: Pki;
  /** How its etcd is reached. */
  etcd: { endpoints: readonly string[]; tls: ClientTls };
  /** Ends the API server and starts another on the same port. */
  restartServer(): Promise<void>;
  close(): Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-kubectl-"));
  const running: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of running.splice(0).reverse()) await one.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
    const etcd = await startEtcd({ dataDir: join(directory, "etcd"), pki, unsafeNoFsync: true });
    running.push(etcd);
    const serve = (port: number) =>
      startApiServer({
        etcd: { endpoints: etcd.endpoints, tls: etcd.clientTls },
        listen: [{ host: "127.0.0.1", port }],
        pki,
      });
    let server = await serve(0);
    running.push({ close: () => server.close() });
    const restartServer = async (): Promise<void> => {
      await server.close();
      server = await serve(server.port);
    };
    const kubeconfig = join(directory, "kubeconfig");
    const { cert, key } = pki.certificates.admin;
    const config = { server: server.url, ca: pki.ca.cert, cert, key, clusterName: "drydock", user: "admin" };
    await writeFile(kubeconfig, kubeconfigFor(config), { mode: 0o600 });
    return {
      directory,
      kubeconfig,
      pki,
      etcd: { endpoints: etcd.endpoints, tls: etcd.clientTls },
      restartServer,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
