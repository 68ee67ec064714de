/** An etcd that syncs to disk and an API server in a process of their own; a message asks for the memory that the server has. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensurePki, startApiServer, startEtcd } from "@drydock/control-plane";

const directory = await mkdtemp("/var/tmp/drydock-bench-");
const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
const etcd = await startEtcd({ dataDir: join(directory, "etcd"), pki });
const server = await startApiServer({
  etcd: { endpoints: etcd.endpoints, tls: etcd.clientTls },
  listen: [{ host: "127.0.0.1", port: 0 }],
  pki,
});
process.on("message", async (message) => {
  if (message === "memory") {
    for (let i = 0; i < 3; i++) {
      (globalThis as { gc?: () => void }).gc?.();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    process.send?.({ bytes: process.memoryUsage().rss });
    return;
  }
  await server.close();
  await etcd.close();
  await rm(directory, { recursive: true, force: true });
  process.disconnect();
});
const { cert, key } = pki.certificates.admin;
process.send?.({ url: server.url, ca: pki.ca.cert, cert, key, etcd: etcd.endpoints[0], etcdTls: etcd.clientTls });
