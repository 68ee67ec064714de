import { rmSync } from "node:fs";
import { Agent } from "node:http";
import { createServer } from "node:net";
import type { CheckTools, Running } from "../check-tools.ts";
import { type EtcdProxy, etcdProxy } from "./etcd-proxy.ts";
import { callMember, type EtcdClient, gatewayClient } from "./gateway-client.ts";

export interface EtcdMember {
  readonly name: string;
  /** `http://127.0.0.1:PORT`, for clients. */
  readonly endpoint: string;
  readonly peerUrl: string;
  readonly dataDir: string;
  /** The process of now: SIGSTOP and SIGCONT go by its `kill`. */
  readonly process: Running;
  /** kill -9, and waits for the end. */
  kill(): Promise<void>;
  /** Again, on the same data and addresses; waits until it answers. */
  start(): Promise<void>;
}

/** A real etcd, of one member or several, on addresses that nobody else has. */
export interface EtcdCluster extends EtcdClient {
  readonly members: readonly EtcdMember[];
  /** For the learner's program: ENDPOINTS. */
  readonly endpoints: string;
  /** The parent of all data directories, which are called as the members are. */
  readonly directory: string;
  /** The member that leads; waits until there is one. */
  leader(): Promise<EtcdMember>;
  proxy(member?: EtcdMember): Promise<EtcdProxy>;
  /** Ends all members and removes their data: each takes 128 MB of the scratch space. */
  remove(): Promise<void>;
}

const READY_MS = 30_000;

/** Starts a cluster of `count` members and waits until each of them answers. */
export async function startEtcd(t: CheckTools, count: number): Promise<EtcdCluster> {
  const directory = `${t.scratch}/${t.word()}`;
  const ports = await freePorts(2 * count);
  const specs = Array.from({ length: count }, (_, n) => ({
    name: `m${n + 1}`,
    endpoint: `http://127.0.0.1:${ports[2 * n]}`,
    peerUrl: `http://127.0.0.1:${ports[2 * n + 1]}`,
    dataDir: `${directory}/m${n + 1}`,
  }));
  const initial = specs.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
  // A member alone has nobody to wait for; several must not take a busy machine for a dead leader.
  const [heartbeat, election] = count === 1 ? [20, 100] : [100, 1000];
  const agent = new Agent({ keepAlive: false });

  const members = specs.map((spec) => {
    let running: Running | undefined;
    const launch = async (): Promise<void> => {
      running = await t.start("etcd", [
        `--name=${spec.name}`,
        `--data-dir=${spec.dataDir}`,
        `--listen-client-urls=${spec.endpoint}`,
        `--advertise-client-urls=${spec.endpoint}`,
        `--listen-peer-urls=${spec.peerUrl}`,
        `--initial-advertise-peer-urls=${spec.peerUrl}`,
        `--initial-cluster=${initial}`,
        `--heartbeat-interval=${heartbeat}`,
        `--election-timeout=${election}`,
        "--log-level=error",
      ]);
    };
    const current = (): Running => {
      if (!running) throw new Error(`${spec.name} was never started`);
      return running;
    };
    const ready = async (): Promise<void> => {
      const answers = await t.until(
        () =>
          callMember(agent, spec.endpoint, "/v3/kv/range", { key: "AA==" }).then(
            () => true,
            () => false,
          ),
        READY_MS,
      );
      if (!answers) throw new Error(`etcd ${spec.name} does not answer: ${current().stderr.slice(-500)}`);
    };
    const kill = async (): Promise<void> => {
      current().kill("SIGKILL");
      await current().ended;
    };
    const start = async (): Promise<void> => {
      await launch();
      await ready();
    };
    return {
      ...spec,
      launch,
      ready,
      kill,
      start,
      get process() {
        return current();
      },
    };
  });

  await Promise.all(members.map(({ launch }) => launch()));
  await Promise.all(members.map(({ ready }) => ready()));
  return {
    ...gatewayClient(specs.map(({ endpoint }) => endpoint)),
    members,
    directory,
    endpoints: specs.map(({ endpoint }) => endpoint).join(","),
    async leader() {
      const found = await t.until(async () => {
        for (const member of members) {
          const status = await callMember(agent, member.endpoint, "/v3/maintenance/status", {}).catch(() => undefined);
          // A member that has just lost its leader says 0, by leaving it out.
          const id = (status?.header as { member_id?: string } | undefined)?.member_id;
          if (id !== undefined && status?.leader === id) return member;
        }
        return undefined;
      }, READY_MS);
      if (!found) throw new Error(`no member of etcd leads within ${READY_MS} ms`);
      return found;
    },
    proxy: (member = members[0]) => etcdProxy((member as EtcdMember).endpoint),
    async remove() {
      await Promise.all(members.map(({ kill }) => kill()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** All are taken before the first is given back, so that none comes twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      return typeof address === "object" && address ? address.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
