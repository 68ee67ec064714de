import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "@drydock/kit";
import { type Client, createClient } from "@drydock/machinery";
import { startApiServer } from "../../apiserver/api-server.ts";
import { startEtcd } from "../../etcd/start-etcd.ts";
import { ensurePki } from "../../pki/ensure-pki.ts";
import { startScheduler } from "../../scheduler/start-scheduler.ts";
import { type ControllersOptions, type RunningControllers, startControllers } from "../start-controllers.ts";

type Identity = "admin" | "controller-manager" | "scheduler";

/** A real control plane for tests: etcd, API server, and what is started on it; each with the rights that it has in a cluster. */
export interface TestCluster {
  admin: Client;
  client(identity: Identity): Client;
  controllers(options?: Partial<ControllersOptions>): Promise<RunningControllers>;
  scheduler(): Promise<void>;
  /** Ends the API server and starts another on the same address and data, `downMs` later. */
  restartApiServer(downMs: number): Promise<void>;
  /** Run before everything is taken down, last first. */
  defer(end: () => Promise<unknown>): void;
  close(): Promise<void>;
}

export async function startTestCluster(): Promise<TestCluster> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-controllers-"));
  const ends: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
  };
  try {
    const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
    const etcd = await startEtcd({ dataDir: join(directory, "etcd"), pki, unsafeNoFsync: true });
    ends.push(() => etcd.close());
    const serve = (port: number) =>
      startApiServer({
        etcd: { endpoints: etcd.endpoints, tls: etcd.clientTls },
        listen: [{ host: "127.0.0.1", port }],
        pki,
      });
    let api = await serve(0);
    ends.push(() => api.close());
    const client = (identity: Identity): Client => {
      const { cert, key } = pki.certificates[identity];
      const made = createClient({ server: api.url, ca: pki.ca.cert, cert, key }, { userAgent: identity });
      ends.push(() => made.close());
      return made;
    };
    return {
      admin: client("admin"),
      client,
      async controllers(options = {}) {
        const running = await startControllers({
          client: client("controller-manager"),
          logger: silentLogger,
          ...options,
        });
        ends.push(() => running.close());
        await running.synced();
        return running;
      },
      async scheduler() {
        const running = await startScheduler({ client: client("scheduler"), logger: silentLogger });
        ends.push(() => running.close());
        await running.synced();
      },
      async restartApiServer(downMs) {
        const { port } = api;
        await api.close();
        await sleep(downMs);
        api = await serve(port);
      },
      defer: (end) => ends.push(end),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
