import { type BackoffPolicy, backoffDelay } from "@drydock/kit";
import type { Container } from "@drydock/machinery";
import { type ImagePuller, pullFailureMessage, pullFailureReason } from "../images/image-puller.ts";
import type { Preparation } from "./view.ts";

/** A container cannot be started, although its image is here. */
export const configurationReasons: readonly string[] = ["CreateContainerConfigError", "ContainerCreating"];

export interface PreparationsOptions {
  puller: ImagePuller;
  backoff: BackoffPolicy;
  now: () => number;
  signal: AbortSignal;
  onChange: () => void;
  event: (type: "Normal" | "Warning", container: string, reason: string, message: string) => void;
}

/** What the next runs of a pod's containers need before they can start, found in the background: the image, by pull policy. */
export class Preparations {
  readonly #options: PreparationsOptions;
  readonly #states = new Map<string, Preparation>();
  readonly #failures = new Map<string, number>();

  constructor(options: PreparationsOptions) {
    this.#options = options;
  }

  /** By container name. */
  get states(): ReadonlyMap<string, Preparation> {
    return this.#states;
  }

  begin(container: Container): void {
    const { name, image: reference = "" } = container;
    const before = this.#states.get(name);
    const after = before?.state === "failed" && before.reference === reference ? before : undefined;
    this.#states.set(name, { reference, state: "busy", ...(after ? { after } : {}) });
    this.#find(container)
      .catch((error: unknown) => {
        if (this.#options.signal.aborted || !this.#isWanted(name, reference)) return;
        const reason = pullFailureReason(error);
        const message = pullFailureMessage(reference, error);
        this.fail(container, reason, message);
        this.#options.event("Warning", name, "Failed", `Failed to pull image "${reference}": ${message}`);
        this.#options.event("Warning", name, "Failed", `Error: ${reason}`);
      })
      .finally(() => this.#options.onChange());
  }

  /** The run that was prepared is about to start; the next one is prepared anew. */
  use(name: string): void {
    this.#states.delete(name);
  }

  /** A run has started: the next failure is the first again. */
  succeeded(name: string): void {
    this.#failures.delete(name);
  }

  /** The next run cannot start; it is tried again after a back-off. */
  fail({ name, image: reference = "" }: Container, reason: string, message: string): void {
    const failedAt = this.#options.now();
    const failures = (this.#failures.get(name) ?? 0) + 1;
    this.#failures.set(name, failures);
    const retryAt = failedAt + backoffDelay(this.#options.backoff, failures);
    this.#states.set(name, { reference, state: "failed", reason, message, failedAt, retryAt });
  }

  /** What a start failed for may be there now: the next one need not wait. */
  retryStarts(): void {
    for (const [name, state] of this.#states) {
      if (state.state !== "failed" || !configurationReasons.includes(state.reason)) continue;
      this.#states.delete(name);
      this.#failures.delete(name);
    }
  }

  async #find(container: Container): Promise<void> {
    const { name, image: reference = "" } = container;
    const tell = (reason: string, message: string): void => this.#options.event("Normal", name, reason, message);
    const report = {
      pulling: () => tell("Pulling", `Pulling image "${reference}"`),
      present: () => tell("Pulled", `Container image "${reference}" already present on machine`),
      pulled: (image: { sizeBytes: number }, ms: number) =>
        tell("Pulled", `Successfully pulled image "${reference}" in ${ms}ms. Image size: ${image.sizeBytes} bytes.`),
    };
    const image = await this.#options.puller.ensure(container, report, this.#options.signal);
    if (this.#isWanted(name, reference)) this.#states.set(name, { reference, state: "done", image });
  }

  /** The pod may have been given another image meanwhile. */
  #isWanted(name: string, reference: string): boolean {
    return this.#states.get(name)?.reference === reference;
  }
}
