import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, silentLogger } from "@drydock/kit";
import { startEtcd } from "../../etcd/start-etcd.ts";
import { ensurePki } from "../../pki/ensure-pki.ts";
import { type ClientCertificateRequest, issueClientCertificate } from "../../pki/issue.ts";
import type { KeyPair } from "../../pki/key-pair.ts";
import { kubeconfigFor } from "../../pki/kubeconfig.ts";
import type { Pki } from "../../pki/pki.ts";
import { openStore } from "../../store/open-store.ts";
import type { Store } from "../../store/store.ts";
import { type ApiServer, startApiServer } from "../api-server.ts";
import { type RawClient, rawClient } from "./raw-client.ts";

export interface TestControlPlane {
  server: ApiServer;
  pki: Pki;
  /** Empty directory of this test. */
  directory: string;
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string;
  /** An administrator over the bare protocol. */
  admin: RawClient;
  /** Anybody else; without a request: nobody (system:anonymous). */
  as(request?: ClientCertificateRequest): Promise<RawClient>;
  /** Another API server on the same etcd. */
  startAnother(): Promise<ApiServer>;
  /** Direct access to what is stored. */
  store: Store;
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
    const connection = { endpoints: etcd.endpoints, tls: etcd.clientTls };
    const auditFile = join(directory, "audit.log");
    const startAnother = async (): Promise<ApiServer> => {
      const started = await startApiServer({
        etcd: connection,
        listen: [{ host: "127.0.0.1", port: 0 }],
        pki,
        logger,
        audit: { file: auditFile },
      });
      running.push(started);
      return started;
    };
    const server = await startAnother();
    const store = openStore(connection);
    running.push(store);
    const kubeconfig = join(directory, "kubeconfig");
    const { cert, key } = pki.certificates.admin;
    const parts = { server: server.url, ca: pki.ca.cert, cert, key, clusterName: "drydock", user: "admin" };
    await writeFile(kubeconfig, kubeconfigFor(parts), { mode: 0o600 });
    const client = (pair?: KeyPair): RawClient => {
      const made = rawClient(server.url, { ca: pki.ca.cert, ...(pair ? { cert: pair.cert, key: pair.key } : {}) });
      running.push({ close: async () => made.close() });
      return made;
    };
    const as = async (request?: ClientCertificateRequest): Promise<RawClient> =>
      client(request ? await issueClientCertificate(pki, request) : undefined);
    const admin = client(pki.certificates.admin);
    return { server, pki, directory, kubeconfig, admin, as, startAnother, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}
