import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Client } from "@drydock/machinery";
import { createClient } from "@drydock/machinery";
import { type TcpProxy, tcpProxy } from "../../packages/control-plane/src/etcd/fixtures/tcp-proxy.ts";
import type { Teardown } from "../../packages/control-plane/src/etcd/fixtures/temporary-etcd.ts";
import {
  type TemporaryEtcdCluster,
  temporaryEtcdCluster,
} from "../../packages/control-plane/src/etcd/fixtures/temporary-etcd-cluster.ts";
import type { ServerConfiguration } from "./api-server-process.ts";
import type { Fault } from "./fault-plan.ts";

const pauseMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** Three members of etcd, each behind a proxy that can be cut, and API servers beside one another. */
export interface ChaosCluster {
  readonly etcd: TemporaryEtcdCluster;
  /** One for each API server: what a user of that server has. */
  clients(): Client[];
  /** Does it, waits as long as it is to last, and makes it good. */
  suffer(fault: Fault, compact: () => Promise<void>): Promise<void>;
}

export async function startCluster(t: Teardown, servers: number): Promise<ChaosCluster> {
  const etcd = await temporaryEtcdCluster(t);
  const proxies = await Promise.all(etcd.members.map(({ endpoint }) => tcpProxy(t, Number(new URL(endpoint).port))));
  const configuration = {
    pki: join(etcd.directory, "pki"),
    endpoints: proxies.map(({ port }) => `https://127.0.0.1:${port}`),
    tls: etcd.tls,
  };
  const running = await Promise.all(Array.from({ length: servers }, () => startServer({ ...configuration, port: 0 })));
  t.teardown(() => Promise.all(running.map(({ child }) => end(child, "SIGTERM"))));
  const { cert, key } = etcd.pki.certificates.admin;
  const made: Client[] = [];
  t.teardown(() => Promise.all(made.map((client) => client.close())));
  return {
    etcd,
    clients: () =>
      running.map(({ url }) => {
        const client = createClient(
          { server: url, ca: etcd.pki.ca.cert, cert, key },
          { userAgent: "chaos", requestTimeoutMs: 5_000 },
        );
        made.push(client);
        return client;
      }),
    async suffer(fault, compact) {
      switch (fault.kind) {
        case "kill-member": {
          const member = etcd.members[fault.member];
          await member?.kill();
          await pauseMs(fault.forMs);
          return member?.start();
        }
        case "freeze-member": {
          const member = etcd.members[fault.member];
          member?.freeze();
          await pauseMs(fault.forMs);
          return member?.thaw();
        }
        case "cut-off-member": {
          const proxy = proxies[fault.member] as TcpProxy;
          proxy.refuse = true;
          proxy.stallAll();
          await pauseMs(fault.forMs);
          proxy.cutAll();
          proxy.refuse = false;
          return;
        }
        case "kill-server": {
          const server = running[fault.server] as RunningServer;
          await end(server.child, "SIGKILL");
          await pauseMs(fault.forMs);
          server.child = (await startServer({ ...configuration, port: Number(new URL(server.url).port) })).child;
          return;
        }
        case "compact":
          return compact();
      }
    },
  };
}

interface RunningServer {
  child: ChildProcess;
  readonly url: string;
}

async function startServer(configuration: ServerConfiguration): Promise<RunningServer> {
  const child = fork(join(import.meta.dirname, "api-server-process.ts"), [JSON.stringify(configuration)]);
  const failed = once(child, "exit").then(([code]) =>
    Promise.reject(new Error(`an API server ended with ${code} before it served`)),
  );
  const [{ url }] = (await Promise.race([once(child, "message"), failed])) as [{ url: string }];
  // Its end is our doing from here on.
  failed.catch(() => {});
  return { child, url };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
