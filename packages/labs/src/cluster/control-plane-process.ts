/**
 * The control plane of a lab's cluster, in a process of its own so that a check can kill it. Reads one line of JSON (ControlPlaneConfig) from standard input,
 * says "ready" on standard output, and ends with its input.
 */
import { createInterface } from "node:readline";
import { ensurePki, startApiServer, startControllers, startScheduler } from "@drydock/control-plane";
import { type Logger, silentLogger } from "@drydock/kit";
import { type Client, createClient } from "@drydock/machinery";
import type { ControlPlaneConfig } from "./control-plane.ts";

/** What is worth a line when somebody looks on. */
const loud: Logger = {
  ...silentLogger,
  warn: (fields, message) => console.error(message, JSON.stringify(fields)),
  error: (fields, message) => console.error(message, JSON.stringify(fields)),
  child: () => loud,
};

async function start(config: ControlPlaneConfig): Promise<void> {
  const logger = config.verbose ? loud : silentLogger;
  const pki = await ensurePki(config.pkiDirectory, { hosts: [] });
  const { cert, key } = pki.certificates["etcd-client"];
  const { url: server } = await startApiServer({
    etcd: { endpoints: [config.etcd], tls: { ca: pki.etcdCa.cert, cert, key } },
    listen: [{ host: "127.0.0.1", port: config.port }],
    pki,
    audit: { file: config.auditFile },
    logger,
  });
  const client = (identity: "controller-manager" | "scheduler"): Client =>
    createClient({ server, ca: pki.ca.cert, ...pki.certificates[identity] }, { userAgent: `drydock-${identity}` });
  const { without } = config;
  if (!without.includes("scheduler")) await startScheduler({ client: client("scheduler"), logger });
  if (without.includes("controllers")) return;
  await startControllers({
    client: client("controller-manager"),
    logger,
    without,
    nodeMonitorGraceMs: config.nodeMonitorGraceMs,
    defaultTolerationSeconds: config.podEvictionSeconds,
    signing: { ca: pki.ca },
    discoveryRefreshMs: 1000,
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  await start(JSON.parse(line) as ControlPlaneConfig);
  process.stdout.write("ready\n");
}
process.exit(0);
