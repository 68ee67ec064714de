import { type Logger, silentLogger, systemClock, unlessAborted } from "@drydock/kit";
import {
  type Client,
  createClient,
  createEventRecorder,
  type EventRecorder,
  type Informer,
  loadKubeconfig,
  Node,
  startInformer,
} from "@drydock/machinery";
import { AgentCertificates } from "./certificates/agent-certificates.ts";
import { ImagePuller } from "./images/image-puller.ts";
import { assignedPodCidr } from "./node/assigned-range.ts";
import { Heartbeat } from "./node/heartbeat.ts";
import { type Machine, readMachine } from "./node/machine.ts";
import { NodeRegistration } from "./node/node-registration.ts";
import { RouteSync } from "./node/route-sync.ts";
import { createNodeRuntime } from "./open-node-runtime.ts";
import type { AgentOptions, RunningAgent } from "./options.ts";
import { drainNode } from "./pods/drain-node.ts";
import { PodHost } from "./pods/pod-host.ts";
import { PodManager } from "./pods/pod-manager.ts";
import { defaultSyncPolicy } from "./pods/view.ts";
import type { NodeRuntime } from "./port/pod-runtime.ts";
import { AgentServer } from "./server/agent-server.ts";
import { ObjectWatches } from "./sources/object-watches.ts";
import { PodDirectories } from "./volumes/pod-directories.ts";

const defaults = { heartbeatMs: 10_000, leaseSeconds: 40, statusRefreshMs: 60_000, drainGraceMs: 2_000, flushMs: 500 };

/** All parts of one node's agent, in the order in which they start; they stop in the reverse order. */
export class Agent implements RunningAgent {
  readonly #options: AgentOptions;
  readonly #logger: Logger;
  readonly #failed = Promise.withResolvers<never>();
  readonly #stops: (() => Promise<void>)[] = [];
  #runtime: NodeRuntime | undefined;
  #closing: Promise<void> | undefined;
  port = 0;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#logger = (options.logger ?? silentLogger).child({ node: options.nodeName });
    // Whoever does not look at it must not be killed by it.
    this.#failed.promise.catch(() => {});
  }

  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  async start(): Promise<void> {
    const { nodeName } = this.#options;
    const certificates = this.#certificates();
    certificates?.warnWhenEnded();
    const client = await this.#connect(certificates);
    const nodes = startInformer(client, Node, { logger: this.#logger });
    this.#stops.push(() => nodes.stop());
    const podCidr = this.#options.podCidr ?? (await this.#assignedPodCidr(client, nodes));
    const runtime = await this.#openRuntime(podCidr);
    const machine = await readMachine(runtime.version);
    const recorder = createEventRecorder({ client, component: "drydock-agent", host: nodeName, logger: this.#logger });
    this.#stops.push(() => flushed(recorder));
    const pods = this.#managePods(client, runtime, machine, recorder);
    const server = await this.#serve(runtime, pods);
    await this.#register(client, runtime, machine, nodes, podCidr);
    if (certificates) {
      certificates.start(client, (serving) => server.show(serving));
      this.#stops.push(() => certificates.stop());
    }
    this.#logger.info({ port: this.port }, "agent is ready");
  }

  close(options: { drain?: boolean; graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drain === true, options.graceMs ?? defaults.drainGraceMs);
    return this.#closing;
  }

  async #close(drain: boolean, graceMs: number): Promise<void> {
    const errors: unknown[] = [];
    const runtime = this.#runtime;
    // The runtime goes last: it is needed for draining, and stopped parts may still be looking at pods.
    if (runtime) this.#stops.unshift(() => runtime.pods.close());
    if (runtime && drain) this.#stops.splice(1, 0, () => drainNode(runtime.pods, graceMs));
    for (const stop of this.#stops.splice(0).reverse()) await stop().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  /** The certificates that are kept up, when they are. */
  #certificates(): AgentCertificates | undefined {
    const { certificateDir: directory, client, serving, nodeName, address, clock = systemClock } = this.#options;
    if (directory === undefined || typeof client === "string" || !client.cert || !client.key) return undefined;
    const pair = { cert: client.cert, key: client.key };
    const logger = this.#logger;
    const certificates = new AgentCertificates({ nodeName, address, directory, client: pair, serving, clock, logger });
    return certificates;
  }

  async #connect(certificates: AgentCertificates | undefined): Promise<Client> {
    const { client: source } = this.#options;
    const config = typeof source === "string" ? await loadKubeconfig(source) : source;
    const client = createClient(config, {
      logger: this.#logger,
      userAgent: "drydock-agent/0.1.0",
      ...(certificates ? { credentials: certificates.credentials } : {}),
    });
    this.#stops.push(() => client.close());
    return client;
  }

  #assignedPodCidr(client: Client, nodes: Informer<Node>): Promise<string> {
    const { nodeName, labels = {}, clock = systemClock, signal = new AbortController().signal } = this.#options;
    return assignedPodCidr({ client, nodes, nodeName, labels, clock, logger: this.#logger, signal });
  }

  async #openRuntime(podCidr: string): Promise<NodeRuntime> {
    const { stateDir, imageDir, clusterNetwork, insecureRegistries = [], logRotation } = this.#options;
    const { runtime: kind = "native", nodeName, containerdSocket, containerdRunc: runc, criSocket } = this.#options;
    const socket = kind === "cri" ? criSocket : containerdSocket;
    const runtime = await createNodeRuntime(kind, {
      owner: kind === "cri" ? `agent-${nodeName}` : "drydock",
      ...(socket === undefined ? {} : { socket }),
      ...(runc ? { runc } : {}),
      stateDir,
      imageDir,
      network: {
        podCidr,
        bridge: clusterNetwork?.bridge ?? "cni0",
        ...(clusterNetwork?.cni ? { cni: clusterNetwork.cni } : {}),
      },
      insecureRegistries,
      ...(logRotation ? { logRotation } : {}),
      logger: this.#logger,
    });
    this.#runtime = runtime;
    await runtime.pods.open();
    return runtime;
  }

  #managePods(client: Client, runtime: NodeRuntime, machine: Machine, recorder: EventRecorder): PodManager {
    const { nodeName, address, stateDir, clusterNetwork, clock = systemClock } = this.#options;
    const sources = new ObjectWatches({ client, logger: this.#logger, onChange: (uid) => pods.sourcesChanged(uid) });
    this.#stops.push(() => sources.stop());
    const host = new PodHost({
      runtime: runtime.pods,
      directories: new PodDirectories(stateDir),
      network: { nameservers: clusterNetwork?.nameservers ?? [], searches: clusterNetwork?.searches ?? [] },
      sources,
      node: { name: nodeName, address, cpus: machine.cpus, memoryBytes: machine.memoryBytes },
    });
    const pods: PodManager = new PodManager({
      client,
      nodeName,
      runtime: runtime.pods,
      environment: {
        client,
        host,
        runtime: runtime.pods,
        puller: new ImagePuller(runtime.images),
        recorder,
        policy: {
          ...defaultSyncPolicy,
          runtimeName: runtime.version.split("://")[0] ?? runtime.version,
          ...(this.#options.restartBackoff ? { restartBackoff: this.#options.restartBackoff } : {}),
          ...(this.#options.imageBackoff ? { imageBackoff: this.#options.imageBackoff } : {}),
        },
        hostIP: address,
        clock,
        logger: this.#logger,
      },
      logger: this.#logger,
    });
    this.#stops.push(() => pods.stop());
    return pods;
  }

  async #serve(runtime: NodeRuntime, pods: PodManager): Promise<AgentServer> {
    const { address, port, serving } = this.#options;
    const server = new AgentServer({
      address,
      port,
      serving,
      lookup: { pod: (namespace, name) => pods.pod(namespace, name), pods: () => pods.pods(), runtime: runtime.pods },
      logger: this.#logger,
      failed: (error) => this.#failed.reject(error),
    });
    this.#stops.push(() => server.close());
    this.port = await server.listen();
    return server;
  }

  async #register(
    client: Client,
    runtime: NodeRuntime,
    machine: Machine,
    nodes: Informer<Node>,
    podCidr: string,
  ): Promise<void> {
    const { nodeName: name, address, labels = {}, heartbeat, clock = systemClock } = this.#options;
    const registration = new NodeRegistration({
      client,
      node: { name, address, port: this.port, podCidr, labels, machine },
      nodes,
      images: () => runtime.images.list(),
      clock,
      logger: this.#logger,
      refreshMs: defaults.statusRefreshMs,
    });
    this.#stops.push(() => registration.stop());
    const beat = new Heartbeat({
      client,
      nodeName: name,
      nodeUid: () => registration.uid,
      intervalMs: heartbeat?.intervalMs ?? defaults.heartbeatMs,
      leaseSeconds: heartbeat?.leaseSeconds ?? defaults.leaseSeconds,
      clock,
      logger: this.#logger,
    });
    this.#stops.push(() => beat.stop());
    const routes = new RouteSync({ nodes, self: { name, address, podCidr }, logger: this.#logger });
    this.#stops.push(() => routes.stop());
    await unlessAborted(registration.registered(), this.#options.signal);
  }
}

/** Events are a courtesy: an API server that is gone must not hold up the end. */
async function flushed(recorder: EventRecorder): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, defaults.flushMs);
  });
  await Promise.race([recorder.flush(), late]);
  clearTimeout(timer);
}
