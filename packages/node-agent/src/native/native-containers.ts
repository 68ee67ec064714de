import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf, hasCode, type Logger, messageOf } from "@drydock/kit";
import { parseSignal, signalNumbers } from "@drydock/linux";
import type { Image, ImageStore } from "@drydock/oci";
import type { ContainerState, ExecSession, Runtime } from "@drydock/runtime";
import { agentError } from "../errors.ts";
import type { RotationPolicy } from "../logs/log-file.ts";
import { rotatedLogs } from "../logs/log-file.ts";
import type { ContainerSpec, ExecInContainer, ObservedContainer } from "../port/pod-runtime.ts";
import { containerConfig } from "./container-config.ts";
import { readEtcFile } from "./image-users.ts";
import { containerId, type NativeLayout, parseContainerId } from "./layout.ts";
import { LogPump, makeFifos } from "./log-pump.ts";
import { observedContainer } from "./observed-container.ts";
import { type ContainerRecord, type FailureRecord, type PodRecord, readRecord, writeRecord } from "./records.ts";
import { resolveUser } from "./resolve-user.ts";
import { startFailure } from "./start-failure.ts";
import { StopRequests, type StopTarget } from "./stop-requests.ts";

export interface NativeContainersOptions {
  layout: NativeLayout;
  runtime: Runtime;
  images: ImageStore;
  rotation: RotationPolicy;
  logger: Logger;
  /** Something about a container of this pod may have changed. */
  changed: (podUid: string) => void;
}

/** How long a container that ended is reported as running until its last output is in the log, ms. */
const drainTimeoutMs = 500;

/** The containers of all pods on our own runtime. What is kept here are open descriptors and waits; what is true is on disk and in the kernel. */
export class NativeContainers {
  readonly #options: NativeContainersOptions;
  readonly #layout: NativeLayout;
  readonly #pumps = new Map<string, LogPump>();
  readonly #stops: StopRequests;
  readonly #closed = new AbortController();

  constructor(options: NativeContainersOptions) {
    this.#options = options;
    this.#layout = options.layout;
    this.#stops = new StopRequests(runtimeStopTarget(options.runtime));
  }

  /** Newest run first within a name. */
  async list(podUid: string): Promise<ObservedContainer[]> {
    const names = await readdir(this.#layout.containers(podUid)).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return [];
      throw error;
    });
    const found = await Promise.all(names.map((name) => this.#observe(podUid, name)));
    return found
      .filter((container) => container !== undefined)
      .sort((a, b) => a.name.localeCompare(b.name) || b.attempt - a.attempt);
  }

  async start(spec: ContainerSpec): Promise<ObservedContainer> {
    const id = containerId(spec);
    const directory = this.#layout.container(spec);
    const { record, config } = await this.#prepare(id, spec);
    await mkdir(dirname(spec.logPath), { recursive: true });
    await Promise.all(["upper", "work"].map((name) => mkdir(join(directory, name), { recursive: true })));
    const fifos = makeFifos(directory);
    await writeRecord(join(directory, "record.json"), record);
    const pump = this.#openPump(record, directory, true);
    try {
      await this.#options.runtime.run({
        id,
        config,
        root: { type: "overlay", lower: record.layers, upper: join(directory, "upper"), work: join(directory, "work") },
        stdio: { stdin: "null", ...fifos },
      });
    } catch (error) {
      if (hasCode(error, "RUNTIME_EXISTS")) this.#options.logger.warn({ id }, "container had been started before");
      else await writeRecord(join(directory, "failure.json"), startFailure(error));
    } finally {
      pump.release();
    }
    this.#watch(id, spec.podUid);
    return (await this.#observe(spec.podUid, `${spec.name}.${spec.attempt}`)) as ObservedContainer;
  }

  async stop(id: string, graceMs: number): Promise<void> {
    const record = await this.#record(id);
    if (record) await this.#stops.stop(id, record.stopSignal, graceMs);
  }

  async remove(id: string): Promise<void> {
    const key = parseContainerId(id);
    if (!key) return;
    const record = await this.#record(id);
    await this.#options.runtime.delete(id);
    this.#pumps.get(id)?.close();
    this.#pumps.delete(id);
    await rm(this.#layout.container(key), { recursive: true, force: true });
    if (!record) return;
    for (const path of [record.logPath, ...(await rotatedLogs(record.logPath))]) await rm(path, { force: true });
  }

  async exec(id: string, request: ExecInContainer): Promise<ExecSession> {
    const record = await this.#record(id);
    if (!record) throw agentError("AGENT_POD_NOT_FOUND", `there is no container ${id} on this node`);
    const { signal } = request;
    const process = { ...record.process, args: request.command, terminal: request.tty };
    // A terminal type is what programs look at before they draw.
    if (request.tty) process.env = [...(process.env ?? []), "TERM=xterm"];
    return this.#options.runtime.exec(id, { process, ...(signal ? { signal } : {}) });
  }

  /** Takes on what runs: its output is read again, its end is waited for. */
  async adopt(podUid: string): Promise<void> {
    for (const container of await this.list(podUid)) {
      if (container.state !== "running") continue;
      const directory = this.#layout.container(container);
      this.#openPump(container, directory, false);
      this.#watch(container.id, podUid);
    }
  }

  /** Lets go: what has been read of any output is written, the rest waits in the FIFOs. */
  async close(): Promise<void> {
    this.#closed.abort();
    const pumps = [...this.#pumps.values()];
    for (const pump of pumps) pump.close();
    await Promise.all(pumps.map((pump) => pump.done));
  }

  async #prepare(id: string, spec: ContainerSpec) {
    const { images } = this.#options;
    const [image, pod] = await Promise.all([
      images.get(spec.imageId),
      readRecord<PodRecord>(this.#layout.podRecord(spec.podUid)),
    ]);
    if (!image || !pod) {
      throw agentError(
        "AGENT_POD_NOT_FOUND",
        `${image ? "sandbox" : `image ${spec.image}`} of container ${spec.name} is gone`,
      );
    }
    const layers = await images.layers(image);
    const config = containerConfig({
      spec,
      image: image.config,
      user: await this.#user(spec, image, layers),
      namespaces: this.#layout.namespaces(spec.podUid),
      etc: this.#layout.etc(spec.podUid),
      hostname: pod.hostname,
      cgroupsPath: join(pod.cgroupParent, id),
    });
    const record: ContainerRecord = {
      id,
      podUid: spec.podUid,
      name: spec.name,
      attempt: spec.attempt,
      image: spec.image,
      imageId: spec.imageId,
      specHash: spec.specHash,
      failures: spec.failures,
      createdAt: new Date().toISOString(),
      logPath: spec.logPath,
      stopSignal: parseSignal(image.config.StopSignal ?? "") ?? signalNumbers.SIGTERM,
      process: config.process,
      layers,
    };
    return { record, config };
  }

  async #user(spec: ContainerSpec, image: Image, layers: string[]) {
    const [passwd, group] = await Promise.all([readEtcFile(layers, "passwd"), readEtcFile(layers, "group")]);
    return resolveUser(image.config.User, spec.security, { passwd, group });
  }

  #openPump(container: { id: string; logPath: string }, directory: string, hold: boolean): LogPump {
    const { rotation, logger } = this.#options;
    const pump = new LogPump({ directory, logPath: container.logPath, rotation, hold, logger });
    this.#pumps.set(container.id, pump);
    void pump.done.then(() => this.#pumps.get(container.id) === pump && this.#pumps.delete(container.id));
    return pump;
  }

  #watch(id: string, podUid: string): void {
    const { runtime, changed, logger } = this.#options;
    runtime
      .wait(id, this.#closed.signal)
      .catch((error: unknown) => {
        // Removed, or never started: both show when the pod is looked at.
        if (!this.#closed.signal.aborted && !hasCode(error, "RUNTIME_NOT_FOUND")) {
          logger.warn({ id, error: messageOf(error) }, "the end of a container cannot be waited for");
        }
      })
      .finally(() => {
        if (!this.#closed.signal.aborted) changed(podUid);
      });
  }

  async #observe(podUid: string, name: string): Promise<ObservedContainer | undefined> {
    const directory = join(this.#layout.containers(podUid), name);
    const [record, failure] = await Promise.all([
      readRecord<ContainerRecord>(join(directory, "record.json")),
      readRecord<FailureRecord>(join(directory, "failure.json")),
    ]);
    if (!record) return undefined;
    const state = failure ? undefined : await this.#state(record.id);
    // What it printed last belongs to its end: who sees that it ended must find all of its output.
    if (state?.status === "stopped") await this.#drained(record.id);
    return observedContainer(record, state, failure);
  }

  async #drained(id: string): Promise<void> {
    const pump = this.#pumps.get(id);
    if (!pump) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainTimeoutMs);
    });
    await Promise.race([pump.done, late]);
    clearTimeout(timer);
  }

  async #state(id: string): Promise<ContainerState | undefined> {
    try {
      return await this.#options.runtime.state(id);
    } catch (error) {
      if (hasCode(error, "RUNTIME_NOT_FOUND")) return undefined;
      throw error;
    }
  }

  async #record(id: string): Promise<ContainerRecord | undefined> {
    const key = parseContainerId(id);
    return key && readRecord<ContainerRecord>(join(this.#layout.container(key), "record.json"));
  }
}

function runtimeStopTarget(runtime: Runtime): StopTarget {
  return {
    async signal(id, signal, all) {
      try {
        await runtime.kill(id, signal, { all });
      } catch (error) {
        // It ended before we came.
        if (!hasCode(error, "RUNTIME_NOT_FOUND", "RUNTIME_BAD_STATE")) throw error;
      }
    },
    async ended(id) {
      try {
        await runtime.wait(id);
      } catch (error) {
        if (!hasCode(error, "RUNTIME_NOT_FOUND")) throw error;
      }
    },
  };
}
