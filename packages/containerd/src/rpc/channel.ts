import { Client, connectivityState, credentials, Metadata } from "@grpc/grpc-js";
import type { MethodDefinition } from "@grpc/proto-loader";
import type { CallOptions, Duplex } from "../api/call.ts";
import { callError, unreachable } from "./call-error.ts";

const defaultTimeoutMs = 120_000;
/** containerd's own limit for a message, in both directions. */
const maxMessageBytes = 16 * 1024 * 1024;

/** How long a call waits for a connection, ms: a daemon that is being restarted is back by then, one that is not there fails soon. */
const connectMs = 1_000;

type Method = MethodDefinition<object, object>;

/**
 * One connection to containerd, in one of its namespaces, or to whatever serves CRI, which knows none. It connects by itself again when the
 * daemon comes back.
 */
export class Channel {
  readonly socket: string;
  readonly namespace: string | undefined;
  readonly #client: Client;

  constructor(socket: string, namespace?: string) {
    this.socket = socket;
    this.namespace = namespace;
    this.#client = new Client(`unix://${socket}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": maxMessageBytes,
      "grpc.max_send_message_length": maxMessageBytes,
      // A daemon on the same machine is back within a second or two; nobody is overrun by asking it more often.
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.min_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 500,
      // Sockets of several instances in one process must never be mixed up.
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  async unary(name: string, method: Method, request: object, options: CallOptions = {}): Promise<object> {
    const { signal } = options;
    signal?.throwIfAborted();
    await this.#connected(name, options);
    const ms = options.timeoutMs ?? defaultTimeoutMs;
    const deadline = ms === 0 ? Number.POSITIVE_INFINITY : Date.now() + ms;
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.#metadata(options),
        { deadline },
        (error, response) => {
          signal?.removeEventListener("abort", cancel);
          if (error) reject(this.#error(error, name, options, deadline));
          else resolve(response as object);
        },
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  async *serverStream(
    name: string,
    method: Method,
    request: object,
    options: CallOptions = {},
  ): AsyncGenerator<object> {
    const { signal } = options;
    if (signal?.aborted) return;
    await this.#connected(name, options);
    const call = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata(options),
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      for await (const message of call) yield message;
    } catch (error) {
      if (!signal?.aborted) throw this.#error(error, name, options);
    } finally {
      signal?.removeEventListener("abort", cancel);
      cancel();
    }
  }

  bidiStream(name: string, method: Method, options: CallOptions = {}): Duplex<object, object> {
    const call = this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      this.#metadata(options),
    );
    const cancel = (): void => call.cancel();
    options.signal?.addEventListener("abort", cancel, { once: true });
    // An error is thrown to whoever reads; without this one that comes while nobody reads would end the process.
    call.on("error", () => {});
    const explain = (error: unknown): unknown => this.#error(error, name, options);
    return {
      send: (request) =>
        new Promise((resolve, reject) => {
          call.write(request, (error: unknown) => (error ? reject(explain(error)) : resolve()));
        }),
      end: () => call.end(),
      cancel,
      async *[Symbol.asyncIterator]() {
        try {
          for await (const message of call) yield message;
        } catch (error) {
          throw explain(error);
        } finally {
          options.signal?.removeEventListener("abort", cancel);
        }
      },
    };
  }

  close(): void {
    this.#client.close();
  }

  /** Asked before a call, and not by trying again after it: a call whose connection broke may have been carried out. */
  async #connected(call: string, { signal }: CallOptions): Promise<void> {
    if (this.#client.getChannel().getConnectivityState(true) === connectivityState.READY) return;
    const ready = await new Promise<boolean>((resolve) => {
      this.#client.waitForReady(Date.now() + connectMs, (error) => resolve(error === undefined));
    });
    signal?.throwIfAborted();
    if (!ready) throw unreachable(this.socket, `no connection within ${connectMs} ms`, { call });
  }

  #metadata({ lease }: CallOptions): Metadata {
    const metadata = new Metadata();
    if (this.namespace !== undefined) metadata.set("containerd-namespace", this.namespace);
    if (lease !== undefined) metadata.set("containerd-lease", lease);
    return metadata;
  }

  #error(error: unknown, call: string, { signal }: CallOptions, deadline = Number.POSITIVE_INFINITY): unknown {
    return callError(error, { call, socket: this.socket, signal, late: Date.now() >= deadline });
  }
}
