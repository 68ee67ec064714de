import { backoffDelay, hasCode, type Logger, messageOf } from "@drydock/kit";
import type { Pod } from "@drydock/machinery";
import { PodHooks } from "../hooks/pod-hooks.ts";
import type { ObservedContainer, ObservedPod } from "../port/pod-runtime.ts";
import { PodProbers } from "../probes/pod-probers.ts";
import { ContainerStops } from "./container-stops.ts";
import { type Action, type Decision, decide, decideOrphan, graceMs } from "./decide.ts";
import { deleteFromApi } from "./delete-from-api.ts";
import { Preparations } from "./preparations.ts";
import { podStatus } from "./status.ts";
import { StatusWriter } from "./status-writer.ts";
import { noticesOf } from "./transitions.ts";
import type { Obstacle, PodView } from "./view.ts";
import type { WorkerEnvironment } from "./worker-environment.ts";

/**
 * Brings one pod to what the API says, one step after the other: look, decide, do, until there is nothing to do; then sleep until the pod,
 * one of its containers, a probe, an image or the clock gives a reason to look again. Only one step of a pod is ever under way, except
 * for what takes long (pulling an image, waiting for a container to stop): that runs beside, and ends with a look.
 */
export class PodWorker {
  readonly uid: string;
  readonly #env: WorkerEnvironment;
  readonly #logger: Logger;
  readonly #stopped = new AbortController();
  readonly #preparations: Preparations;
  readonly #stops: ContainerStops;
  readonly #probers: PodProbers;
  readonly #hooks: PodHooks;
  #pod: Pod | undefined;
  #status: StatusWriter | undefined;
  #sandboxFailure: (Obstacle & { count: number }) | undefined;
  #filesMayDiffer = true;
  #again = true;
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #gone = false;
  /** Ends when the pod is gone from the API and from this node, or the worker is stopped. */
  readonly done: Promise<void>;

  constructor(uid: string, pod: Pod | undefined, env: WorkerEnvironment) {
    this.uid = uid;
    this.#env = env;
    this.#logger = env.logger.child({ pod: pod ? `${pod.metadata.namespace}/${pod.metadata.name}` : uid });
    this.#probers = new PodProbers({
      runtime: env.runtime,
      now: () => env.clock.now(),
      logger: this.#logger,
      onChange: () => this.poke(),
      onFailure: (container, kind, message) =>
        this.#warn(container, "Unhealthy", `${probeWords[kind]} probe failed: ${message}`),
    });
    this.#hooks = new PodHooks({
      runtime: env.runtime,
      event: (container, reason, message) => this.#warn(container, reason, message),
    });
    this.#stops = new ContainerStops({
      runtime: env.runtime,
      hooks: this.#hooks,
      clock: env.clock,
      logger: this.#logger,
      onBegin: (run, message) => this.#normal(run.name, "Killing", message),
      onEnd: () => this.poke(),
      onFailure: () => this.#wakeIn(1_000),
    });
    this.#preparations = new Preparations({
      puller: env.puller,
      backoff: env.policy.imageBackoff,
      now: () => env.clock.now(),
      signal: this.#stopped.signal,
      onChange: () => this.poke(),
      event: (type, container, reason, message) => this.#event(type, container, reason, message),
    });
    if (pod) this.update(pod);
    this.done = this.#run();
  }

  /** The pod as the API has it; undefined when it is gone from there. */
  update(pod: Pod | undefined): void {
    if (pod && this.#pod && revisionOf(pod) < revisionOf(this.#pod)) return;
    this.#pod = pod;
    if (pod) {
      this.#status ??= new StatusWriter(pod, {
        client: this.#env.client,
        clock: this.#env.clock,
        logger: this.#logger,
        onWritten: (written) => this.#adopt(written),
      });
      this.#status.observe(pod);
      this.#filesMayDiffer = true;
    } else {
      this.#status?.stop();
      this.#status = undefined;
    }
    this.poke();
  }

  /** A ConfigMap or Secret of the pod has changed. */
  sourcesChanged(): void {
    this.#filesMayDiffer = true;
    this.#preparations.retryStarts();
    this.poke();
  }

  /** Look again. */
  poke(): void {
    this.#again = true;
    this.#wake();
  }

  /** Ends the worker and leaves the containers alone. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#probers.retireAll();
    this.#status?.stop();
    clearTimeout(this.#timer);
    this.#wake();
    await this.done;
  }

  /** The answer to our own write is newer than what the watch has told so far. */
  #adopt(pod: Pod): void {
    if (this.#pod && revisionOf(pod) > revisionOf(this.#pod)) this.#pod = pod;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped.signal.aborted && !this.#gone) {
      if (!this.#again) await new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#stopped.signal.aborted) break;
      this.#again = false;
      clearTimeout(this.#timer);
      try {
        await this.#sync();
        failures = 0;
      } catch (error) {
        failures++;
        const delay = backoffDelay({ initialMs: 200, maxMs: 10_000 }, failures);
        this.#logger.error(
          { error: messageOf(error), stack: (error as Error).stack, failures },
          "pod sync failed, will be tried again",
        );
        this.#wakeIn(delay);
      }
    }
    this.#probers.retireAll();
    clearTimeout(this.#timer);
  }

  /** Steps until there is nothing more to do at once. */
  async #sync(): Promise<void> {
    for (;;) {
      const observed = await this.#env.host.observe(this.uid);
      this.#followProbes(observed);
      const pod = this.#pod;
      if (pod && observed && this.#filesMayDiffer) await this.#refreshFiles(pod, observed);
      const view = this.#view(observed);
      const decision: Decision = pod
        ? decide({ ...view, pod }, this.#env.policy)
        : decideOrphan(view, this.#env.policy);
      const acted = await this.#carryOut(decision.actions, pod, observed);
      if (this.#stopped.signal.aborted || this.#gone) return;
      if (acted) continue;
      if (pod) this.#report({ ...this.#view(observed), pod });
      if (decision.wakeAt !== undefined) this.#wakeIn(decision.wakeAt - this.#env.clock.now());
      return;
    }
  }

  /** Files that cannot be made anew stay as they are: containers go on with what they have. */
  async #refreshFiles(pod: Pod, observed: ObservedPod): Promise<void> {
    this.#filesMayDiffer = false;
    try {
      if (await this.#env.host.refreshFiles(pod, observed.sandbox?.ip ?? ""))
        this.#logger.info({}, "files of volumes are new");
    } catch (error) {
      if (!hasCode(error, "AGENT_BAD_VOLUME", "AGENT_BAD_ENV", "AGENT_SOURCE_UNKNOWN")) throw error;
      this.#logger.warn({ error: error.message }, "files of volumes stay as they were");
    }
  }

  #view(observed: ObservedPod | undefined): Omit<PodView, "pod"> {
    return {
      observed,
      health: this.#probers.health(),
      preparations: this.#preparations.states,
      stopping: this.#stops.deadlines,
      ...(this.#sandboxFailure ? { sandboxFailure: this.#sandboxFailure } : {}),
      now: this.#env.clock.now(),
    };
  }

  /** True when something was done that makes a new look worthwhile at once. */
  async #carryOut(actions: Action[], pod: Pod | undefined, observed: ObservedPod | undefined): Promise<boolean> {
    const steps: Promise<void>[] = [];
    for (const action of actions) {
      if (action.type === "stop") this.#stopContainer(action, observed?.sandbox?.ip ?? "");
      else if (action.type === "prepare") this.#preparations.begin(action.container);
      else steps.push(this.#step(action, pod, observed));
    }
    const results = await Promise.allSettled(steps);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    // A pod that something else holds in the API is looked at again when that changes.
    return steps.length > 0 && !actions.some(({ type }) => type === "finish");
  }

  async #step(
    action: Exclude<Action, { type: "stop" | "prepare" }>,
    pod: Pod | undefined,
    observed: ObservedPod | undefined,
  ): Promise<void> {
    switch (action.type) {
      case "ensure-sandbox":
        return this.#ensureSandbox(pod as Pod);
      case "start":
        return this.#start(pod as Pod, action, observed);
      case "remove-container":
        return this.#env.runtime.removeContainer(action.id);
      case "stop-sandbox":
        return this.#env.runtime.stopSandbox(this.uid);
      case "finish":
        return this.#finish(pod, observed);
    }
  }

  async #ensureSandbox(pod: Pod): Promise<void> {
    try {
      await this.#env.host.ensureSandbox(pod);
      this.#sandboxFailure = undefined;
    } catch (error) {
      const now = this.#env.clock.now();
      const count = (this.#sandboxFailure?.count ?? 0) + 1;
      const message = `Failed to create pod sandbox: ${messageOf(error)}`;
      const retryAt = now + backoffDelay({ initialMs: 500, maxMs: 30_000 }, count);
      this.#sandboxFailure = { reason: "FailedCreatePodSandBox", message, failedAt: now, retryAt, count };
      this.#warn(undefined, "FailedCreatePodSandBox", message);
    }
  }

  async #start(pod: Pod, action: Extract<Action, { type: "start" }>, observed: ObservedPod | undefined): Promise<void> {
    const { name } = action.container;
    this.#preparations.use(name);
    let run: ObservedContainer;
    try {
      run = await this.#env.host.start(pod, action, observed?.sandbox?.ip ?? "");
    } catch (error) {
      const isMount = hasCode(error, "AGENT_BAD_VOLUME");
      const reason = isMount ? "ContainerCreating" : "CreateContainerConfigError";
      this.#preparations.fail(action.container, reason, messageOf(error));
      if (isMount) this.#warn(undefined, "FailedMount", messageOf(error));
      else this.#warn(name, "Failed", `Error: ${messageOf(error)}`);
      return;
    }
    this.#preparations.succeeded(name);
    this.#normal(name, "Created", `Created container: ${name}`);
    if (run.startedAt === undefined) {
      this.#warn(name, "Failed", `Error: failed to start container: ${run.message ?? "unknown"}`);
      return;
    }
    this.#normal(name, "Started", `Started container ${name}`);
    void this.#postStart(pod, run, observed?.sandbox?.ip ?? "");
    if (run.notEnforced.length > 0 && run.attempt === 0) {
      this.#warn(
        name,
        "LimitsNotEnforced",
        `Container ${name} runs without limits that it asks for: ${run.notEnforced.join("; ")}`,
      );
    }
  }

  async #postStart(pod: Pod, run: ObservedContainer, podIP: string): Promise<void> {
    if (await this.#hooks.postStart(pod, run, podIP)) return;
    const deadline = this.#env.clock.now() + graceMs(pod);
    this.#stopContainer({ type: "stop", run, deadline, message: "FailedPostStartHook" }, podIP);
  }

  #stopContainer(action: Extract<Action, { type: "stop" }>, podIP: string): void {
    this.#probers.retire(action.run.id);
    this.#stops.begin(action, this.#pod, podIP);
  }

  async #finish(pod: Pod | undefined, observed: ObservedPod | undefined): Promise<void> {
    if (pod && this.#status) {
      if (observed) this.#report({ ...this.#view(observed), pod });
      await this.#status.flush();
      if (this.#stopped.signal.aborted) return;
      if (!(await deleteFromApi(this.#env.client, pod))) return;
    }
    await this.#env.host.forget(this.uid, observed, pod);
    this.#logger.info({}, "pod is gone");
    this.#gone = true;
  }

  #report(view: PodView): void {
    // Of a pod that is being deleted nothing may be left here: that says nothing about how it ended.
    if (!this.#status || (view.pod.metadata.deletionTimestamp && !view.observed)) return;
    const before = this.#status.latest;
    // What is about to be written counts as written: transition times must not move again.
    const pod = before ? { ...view.pod, status: before } : view.pod;
    const after = podStatus({ ...view, pod }, this.#env.hostIP, this.#env.policy);
    for (const { container, reason, message } of noticesOf(pod, before, after)) this.#warn(container, reason, message);
    this.#status.write(after);
  }

  #followProbes(observed: ObservedPod | undefined): void {
    if (this.#pod && !this.#pod.metadata.deletionTimestamp)
      this.#probers.follow(this.#pod, observed, this.#stops.deadlines);
    else this.#probers.retireAll();
    this.#stops.follow(observed);
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.poke(), Math.max(1, ms));
  }

  #normal(container: string | undefined, reason: string, message: string): void {
    this.#event("Normal", container, reason, message);
  }

  #warn(container: string | undefined, reason: string, message: string): void {
    this.#event("Warning", container, reason, message);
  }

  #event(type: "Normal" | "Warning", container: string | undefined, reason: string, message: string): void {
    if (!this.#pod) return;
    const isInit = this.#pod.spec.initContainers?.some(({ name }) => name === container);
    const list = isInit ? "initContainers" : "containers";
    const field = container === undefined ? undefined : `spec.${list}{${container}}`;
    this.#env.recorder.recordEvent(this.#pod, type, reason, message, field);
  }
}

const probeWords = { readiness: "Readiness", liveness: "Liveness", startup: "Startup" };

/** Resource versions of one resource grow, and may be compared as whole numbers. */
function revisionOf(pod: Pod): bigint {
  const text = pod.metadata.resourceVersion ?? "0";
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}
