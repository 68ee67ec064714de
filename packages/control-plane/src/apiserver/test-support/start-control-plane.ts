import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, silentLogger } from "@drydock/kit";
import { startEtcd } from "../../etcd/start-etcd.ts";
import { ensurePki } from "../../pki/ensure-pki.ts";
import { kubeconfigFor } from "../../pki/kubeconfig.ts";
import type { Pki } from "../../pki/pki.ts";
import { type ApiServer, startApiServer } from "../api-server.ts";

export interface TestControlPlane {
  server: ApiServer;
  pki: Pki;
  /** Empty directory of this test. */
  directory: string;
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string;
  close(): Promise<void>;
}

/** A real etcd and an API server on free ports of loopback, for tests of this package and of others. */
export async function startTestControlPlane(logger: Logger = silentLogger): Promise<TestControlPlane> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-apiserver-"));
  const running: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of running.reverse().splice(0)) await one.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const pki = await ensurePki(join(directory, "pki"), { hosts: ["127.0.0.1"] });
    const etcd = await startEtcd({ dataDir: join(directory, "etcd"), pki, unsafeNoFsync: true });
    running.push(etcd);
    const server = await startApiServer({
      etcd: { endpoints: etcd.endpoints, tls: etcd.clientTls },
      listen: [{ host: "127.0.0.1", port: 0 }],
      pki,
      logger,
    });
    running.push(server);
    const kubeconfig = join(directory, "kubeconfig");
    const { cert, key } = pki.certificates.admin;
    const parts = { server: server.url, ca: pki.ca.cert, cert, key, clusterName: "drydock", user: "admin" };
    await writeFile(kubeconfig, kubeconfigFor(parts), { mode: 0o600 });
    return { server, pki, directory, kubeconfig, close };
  } catch (error) {
    await close();
    throw error;
  }
}
