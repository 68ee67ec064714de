import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import {
  type ApiServer,
  ensurePki,
  issueClientCertificate,
  issueServingCertificate,
  type ManagedEtcd,
  type Pki,
  startApiServer,
  startEtcd,
} from "@drydock/control-plane";
import { runCommand } from "@drydock/kit";
import { readMountinfo } from "@drydock/linux";
import { type Client, createClient, Event, Pod } from "@drydock/machinery";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import type { RuntimeSubject } from "./runtime-subject.ts";

export const image = "example.test/busybox:1";

export interface ExecRequest {
  container?: string;
  stdin?: string;
  tty?: boolean;
}

export interface ExecResult {
  stdout: string;
  stderr: string;
  status: { status?: string; reason?: string; message?: string; details?: { causes?: { message?: string }[] } };
}

/** etcd, API server and one agent, on addresses of loopback and one bridge that no other test uses. */
export class AgentCluster {
  readonly directory: string;
  readonly bridge: string;
  readonly podCidr: string;
  readonly pki: Pki;
  readonly client: Client;
  readonly runtime: RuntimeSubject;
  readonly #runtimeOptions: object;
  readonly #etcd: ManagedEtcd;
  #server: ApiServer;
  agent: ChildProcess | undefined;
  agentPort = 0;
  agentLog = "";

  private constructor(parts: {
    directory: string;
    pki: Pki;
    etcd: ManagedEtcd;
    server: ApiServer;
    client: Client;
    runtime: RuntimeSubject;
    runtimeOptions: object;
  }) {
    this.runtime = parts.runtime;
    this.#runtimeOptions = parts.runtimeOptions;
    this.directory = parts.directory;
    this.pki = parts.pki;
    this.#etcd = parts.etcd;
    this.#server = parts.server;
    this.client = parts.client;
    this.bridge = `dda${process.pid % 100000}`;
    this.podCidr = `10.${200 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`;
  }

  static async start(runtime: RuntimeSubject): Promise<AgentCluster> {
    const directory = await mkdtemp(join(tmpdir(), "drydock-agent-"));
    const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
    const etcd = await startEtcd({ dataDir: join(directory, "etcd"), pki, unsafeNoFsync: true });
    const server = await serve(etcd, pki, 0);
    const admin = pki.certificates.admin;
    const client = createClient({ server: server.url, ca: pki.ca.cert, cert: admin.cert, key: admin.key });
    const store = await openImageStore({ directory: join(directory, "images") });
    const layout = join(directory, "busybox.tar");
    await buildBusyboxImage({ busybox: "/bin/busybox", output: layout, name: image, version: "1" });
    await store.import(layout, image);
    const runtimeOptions = await runtime.start(directory);
    return new AgentCluster({ directory, pki, etcd, server, client, runtime, runtimeOptions });
  }

  /** The API server goes away for a while; `meanwhile` happens without it. */
  async withoutApiServer(meanwhile: () => Promise<void>): Promise<void> {
    const { port } = this.#server;
    await this.#server.close();
    try {
      await meanwhile();
    } finally {
      this.#server = await serve(this.#etcd, this.pki, port);
    }
  }

  /** Resolves, with the time that it took, when the agent is ready. */
  async startAgent(): Promise<number> {
    const begin = performance.now();
    const agent = await this.spawnAgent();
    for await (const line of createInterface({ input: agent.stdout })) {
      const port = /^ready (\d+)$/.exec(line)?.[1];
      if (port === undefined) continue;
      this.agentPort = Number(port);
      return performance.now() - begin;
    }
    throw new Error(`the agent did not start: ${this.agentLog}`);
  }

  /** Resolves when the process is there. */
  async spawnAgent(): Promise<ChildProcessByStdio<null, Readable, Readable>> {
    const identity = await issueClientCertificate(this.pki, {
      commonName: "system:node:node-1",
      organizations: ["system:nodes"],
    });
    const serving = await issueServingCertificate(this.pki, { commonName: "node-1", hosts: ["127.0.0.1", "node-1"] });
    const options = {
      nodeName: "node-1",
      client: { server: this.#server.url, ca: this.pki.ca.cert, ...identity },
      address: "127.0.0.1",
      port: this.agentPort,
      serving: { ...serving, clientCa: this.pki.ca.cert },
      stateDir: join(this.directory, "node-1"),
      imageDir: join(this.directory, "images"),
      podCidr: this.podCidr,
      clusterNetwork: { bridge: this.bridge },
      restartBackoff: { initialMs: 500, maxMs: 2_000 },
      imageBackoff: { initialMs: 1_500, maxMs: 2_000 },
      logRotation: { maxBytes: 64 * 1024, maxFiles: 3 },
      ...this.#runtimeOptions,
    };
    const agent = spawn(process.execPath, [join(import.meta.dirname, "agent-process.ts"), JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.agent = agent;
    agent.stderr.on("data", (chunk: Buffer) => {
      this.agentLog += chunk.toString();
      if (process.env.DRYDOCK_TEST_LOG) process.stderr.write(chunk);
    });
    return agent;
  }

  async endAgent(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<void> {
    const { agent } = this;
    if (!agent || agent.exitCode !== null || agent.signalCode !== null) return;
    const ended = once(agent, "exit");
    agent.kill(signal);
    await ended;
  }

  /** Creates a pod that is bound to the node, as the scheduler would leave it. */
  async createPod(name: string, spec: Partial<Pod["spec"]> & Pick<Pod["spec"], "containers">): Promise<Pod> {
    return this.client.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default" },
      spec: { nodeName: "node-1", terminationGracePeriodSeconds: 1, ...spec },
    });
  }

  /** The pod when it satisfies the condition. */
  async waitForPod(name: string, condition: (pod: Pod) => boolean, timeoutMs = 60_000): Promise<Pod> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const pod = await this.client.get(Pod, { namespace: "default", name });
      if (condition(pod)) return pod;
      if (Date.now() > deadline) {
        throw new Error(`pod ${name} did not get there: ${JSON.stringify(pod.status, null, 1)}\n${this.agentLog}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async waitGone(name: string, timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { items } = await this.client.list(Pod, { namespace: "default" });
      if (!items.some(({ metadata }) => metadata.name === name)) return;
      if (Date.now() > deadline) throw new Error(`pod ${name} is still there\n${this.agentLog}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What `kubectl logs` would print. */
  async logs(pod: string, options = ""): Promise<string> {
    const { status, body } = await this.client.stream("GET", `/api/v1/namespaces/default/pods/${pod}/log?${options}`);
    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    if (status !== 200) throw new Error(text);
    return text;
  }

  /** Runs a command in a pod through the API server, as `kubectl exec` does. */
  async exec(pod: string, command: string[], options: ExecRequest = {}): Promise<ExecResult> {
    const query = new URLSearchParams({ stdout: "true", stderr: options.tty ? "false" : "true" });
    if (options.stdin !== undefined) query.set("stdin", "true");
    if (options.tty) query.set("tty", "true");
    if (options.container !== undefined) query.set("container", options.container);
    for (const word of command) query.append("command", word);
    const path = `/api/v1/namespaces/default/pods/${pod}/exec?${query}`;
    const socket = await this.client.connect(path, ["v5.channel.k8s.io"]);
    const output = ["", "", "", ""];
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("message", (message: Buffer) => {
      output[message[0] ?? 0] += message.subarray(1).toString();
    });
    if (options.stdin !== undefined) {
      socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(options.stdin)]));
      socket.send(Buffer.from([255, 0]));
    }
    await closed;
    return { stdout: output[1] ?? "", stderr: output[2] ?? "", status: JSON.parse(output[3] || "{}") };
  }

  /** Reasons of the events about a pod. */
  async events(pod: string): Promise<string[]> {
    const { items } = await this.client.list(Event, { namespace: "default" });
    return items.filter(({ involvedObject }) => involvedObject.name === pod).map(({ reason }) => reason ?? "");
  }

  /** A test that failed may have left containers without an agent. */
  async #removeLeftovers(): Promise<void> {
    await this.runtime.close();
    const mounts = readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(this.directory));
    for (const { mountPoint } of mounts) await runCommand("umount", ["-l", mountPoint]);
  }

  /** Drains the node, stops everything and removes all traces. */
  async close(): Promise<void> {
    await this.endAgent("SIGINT");
    await this.#removeLeftovers();
    await this.client.close();
    await this.#server.close();
    await this.#etcd.close();
    // It is not there when the agent never came up.
    await runCommand("ip", ["link", "del", this.bridge]).catch(() => {});
    await rm(this.directory, { recursive: true, force: true });
  }
}

function serve(etcd: ManagedEtcd, pki: Pki, port: number): Promise<ApiServer> {
  const tls = etcd.clientTls;
  return startApiServer({ etcd: { endpoints: etcd.endpoints, tls }, listen: [{ host: "127.0.0.1", port }], pki });
}
