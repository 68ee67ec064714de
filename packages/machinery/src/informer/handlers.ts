import { type Logger, messageOf } from "@drydock/kit";
import type { KubeObject } from "../object.ts";
import { keyOf } from "../object.ts";

/** Who wants to know. Called one after the other, in order, never two at once for one informer; must return soon. */
export interface InformerHandler<T extends KubeObject> {
  added?(object: T): void;
  updated?(object: T, old: T): void;
  /** With the last known state; `missed` when the deletion was not seen itself but found after the connection had been lost. */
  deleted?(object: T, missed: boolean): void;
}

/** Calls every handler; one that throws is reported and does not keep the others, or the informer, from going on. */
export class Handlers<T extends KubeObject> {
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** `present` is what the newcomer is told about first. Returns the function that removes it. */
  add(handler: InformerHandler<T>, present: T[]): () => void {
    this.#handlers.add(handler);
    for (const object of present) this.#call(object, () => handler.added?.(object));
    return () => this.#handlers.delete(handler);
  }

  added(object: T): void {
    for (const handler of this.#handlers) this.#call(object, () => handler.added?.(object));
  }

  updated(object: T, old: T): void {
    for (const handler of this.#handlers) this.#call(object, () => handler.updated?.(object, old));
  }

  deleted(object: T, missed: boolean): void {
    for (const handler of this.#handlers) this.#call(object, () => handler.deleted?.(object, missed));
  }

  #call(object: T, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#logger.error(
        { key: keyOf(object), error: messageOf(error), stack: stackOf(error) },
        "informer handler failed",
      );
    }
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
