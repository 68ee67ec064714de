import type { ImageService, NodeRuntime, ObservedContainer, PodRuntime, RuntimeKind } from "@drydock/node-agent";
import type { Command } from "commander";
import { runtimeOptions } from "../parts/runtime-options.ts";
import { type Settings, settingsOf } from "../settings/settings.ts";
import { dataPaths } from "../supervisor/paths.ts";
import { requireDataDir, requireRoot } from "../supervisor/preflight.ts";
import { findNetwork, openNetwork } from "./network.ts";
import { type Place, placeOf } from "./place.ts";
import type { ContainerRecord } from "./record.ts";

/** What a command needs of the machine: the settings, and how each runtime is reached. */
export interface EngineContext {
  dataDir: string;
  settings: Settings;
  /** What was asked for; absent: whatever the container is on. */
  kind: RuntimeKind | undefined;
  /** Of the daemon that was asked for. */
  socket: string | undefined;
}

/** A runtime, and where its daemon is. A container's record is one, too. */
export type Target = Pick<ContainerRecord, "runtime" | "socket">;

/** A runtime, opened by this process. */
export interface Engine {
  kind: RuntimeKind;
  place: Place;
  pods: PodRuntime;
  images: ImageService;
  close(): Promise<void>;
}

/** containerd's namespace, and the label with CRI, of containers without a cluster. */
const owner = "drydock-run";

export async function engineContext(command: Command): Promise<EngineContext> {
  const settings = await settingsOf(command);
  await requireDataDir(settings.dataDir);
  const { runtime, containerdSocket, criSocket } = runtimeOptions(command, settings);
  return { dataDir: settings.dataDir, settings, kind: runtime, socket: containerdSocket ?? criSocket };
}

export interface OpenOptions {
  /** The container whose output this process keeps; every other is somebody else's. */
  keeps?: string;
  /** A container will be started: it needs a network. */
  starts?: boolean;
}

/** Rejects with CONTAINERD_UNREACHABLE when what the runtime stands on is not there. */
export async function openEngine(dataDir: string, target: Target, options: OpenOptions = {}): Promise<Engine> {
  requireRoot("containers have namespaces and a network of their own: this needs root");
  const { runtime: kind, socket } = target;
  const place = placeOf(dataDir, kind);
  const hasOwnNetwork = kind !== "cri";
  const network = options.starts && hasOwnNetwork ? await openNetwork(dataDir) : await findNetwork(dataDir);
  const [{ openNodeRuntime }, { silentLogger }] = await Promise.all([
    import("@drydock/node-agent"),
    import("@drydock/kit"),
  ]);
  const runtime: NodeRuntime = await openNodeRuntime(kind, {
    network,
    ...(socket === undefined ? {} : { socket }),
    owner,
    stateDir: place.state,
    imageDir: dataPaths(dataDir).images,
    sharing: { takesOn: (uid) => uid === options.keeps },
    logger: silentLogger,
  });
  return { kind, place, pods: runtime.pods, images: runtime.images, close: () => runtime.pods.close() };
}

/** Runs `action` with a runtime, and lets go of it however that ends. */
export async function withEngine<T>(
  dataDir: string,
  target: Target,
  action: (engine: Engine) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const engine = await openEngine(dataDir, target, options);
  try {
    return await action(engine);
  } finally {
    await engine.close();
  }
}

/** How a container is; undefined when the runtime knows nothing of it. */
export async function observe(
  { pods }: Pick<Engine, "pods">,
  { uid }: Pick<ContainerRecord, "uid">,
): Promise<{ run?: ObservedContainer; ip?: string } | undefined> {
  const pod = await pods.observePod(uid);
  if (!pod) return undefined;
  const [run] = pod.containers;
  const ip = pod.sandbox?.state === "ready" ? pod.sandbox.ip : undefined;
  return { ...(run ? { run } : {}), ...(ip ? { ip } : {}) };
}

/** How often a container's end is looked for besides what the runtime tells, ms. */
const pollMs = 250;

/** Resolves when the container has ended; undefined when it is gone. */
export async function untilEnded(
  engine: Pick<Engine, "pods">,
  record: Pick<ContainerRecord, "uid">,
  signal?: AbortSignal,
): Promise<ObservedContainer | undefined> {
  for (;;) {
    const wake = Promise.withResolvers<void>();
    const timer = setTimeout(wake.resolve, pollMs);
    const stopListening = engine.pods.onChange((uid) => uid === record.uid && wake.resolve());
    signal?.addEventListener("abort", () => wake.resolve(), { once: true });
    try {
      const run = (await observe(engine, record))?.run;
      if (!run || run.state === "exited") return run;
      await wake.promise;
      signal?.throwIfAborted();
    } finally {
      clearTimeout(timer);
      stopListening();
    }
  }
}
