import type { Worker } from "node:worker_threads";
import { errorFromData, type Logger, messageOf } from "@drydock/kit";
import { loadAddon } from "@drydock/linux";
import { failure } from "../errors.ts";
import type { ContainerState, CreateRequest } from "../types.ts";
import type { StarterCall, StarterData, StarterMessage } from "./messages.ts";

interface Pending {
  resolve(state: ContainerState): void;
  reject(error: Error): void;
}

/**
 * Starts containers in a thread of its own, so that the caller's event loop goes on meanwhile: a start is two milliseconds of
 * looking at the host, compiling and writing files. Here it is a message there and one back. The thread begins at
 * once, so that the first start finds it ready, and keeps no process alive.
 */
export class Starter {
  readonly #data: StarterData;
  readonly #logger: Logger;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #count = 0;

  constructor(data: StarterData, logger: Logger) {
    this.#data = data;
    this.#logger = logger;
    this.#started();
  }

  call(method: StarterCall["method"], request: CreateRequest): Promise<ContainerState> {
    const number = ++this.#count;
    const worker = this.#started();
    return new Promise((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
      worker.ref();
      const message: StarterCall = { number, method, request };
      try {
        worker.postMessage(message);
      } catch (error) {
        this.#settled(number);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    // Loaded here: most of those who import this package start nothing.
    const { Worker: Thread } = process.getBuiltinModule("node:worker_threads");
    // Before the thread does: an addon that only a thread has loaded is unloaded with it, and the process crashes (ffi-rs 1.3.7).
    loadAddon();
    const worker = new Thread(new URL("./starter-thread.ts", import.meta.url), {
      workerData: this.#data,
      name: "drydock-starter",
      // What Node was called with may be about its main program.
      execArgv: [],
      // Descriptors are handed on by number: the thread must not close what it has not opened.
      trackUnmanagedFds: false,
    });
    let cause: unknown;
    worker.on("message", (message: StarterMessage) => this.#take(message));
    worker.once("error", (error) => {
      cause = error;
    });
    worker.once("exit", (code) => this.#ended(worker, cause ?? new Error(`it ended with exit code ${code}`)));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #take(message: StarterMessage): void {
    if (message.kind === "log") {
      this.#logger[message.level](message.fields, message.text);
      return;
    }
    const pending = this.#settled(message.number);
    if (message.kind === "done") pending?.resolve(message.state);
    else if (message.kind === "failed") pending?.reject(errorFromData(message.error));
    else {
      const { message: text, stack, code } = message;
      pending?.reject(Object.assign(new Error(text), stack ? { stack } : {}, code ? { code } : {}));
    }
  }

  #settled(number: number): Pending | undefined {
    const pending = this.#pending.get(number);
    this.#pending.delete(number);
    if (this.#pending.size === 0) this.#worker?.unref();
    return pending;
  }

  /** The next start has a new thread; what of a start was made is found and removed by who deletes the container. */
  #ended(worker: Worker, cause: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) {
      reject(
        failure("RUNTIME_STARTER_ENDED", `the thread that starts containers has ended: ${messageOf(cause)}`, { cause }),
      );
    }
  }
}
