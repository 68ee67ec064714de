import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePki, kubeconfigFor, type Pki, startApiServer, startEtcd } from "@drydock/control-plane";

/** An etcd and an API server on free ports of loopback, and an administrator's kubeconfig. */
export async function startControlPlane(): Promise<{
  directory: string;
  kubeconfig: string;
  pki: Pki;
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
    const server = await startApiServer({
      etcd: { endpoints: etcd.endpoints, tls: etcd.clientTls },
      listen: [{ host: "127.0.0.1", port: 0 }],
      pki,
    });
    running.push(server);
    const kubeconfig = join(directory, "kubeconfig");
    const { cert, key } = pki.certificates.admin;
    const config = { server: server.url, ca: pki.ca.cert, cert, key, clusterName: "drydock", user: "admin" };
    await writeFile(kubeconfig, kubeconfigFor(config), { mode: 0o600 });
    return { directory, kubeconfig, pki, close };
  } catch (error) {
    await close();
    throw error;
  }
}
