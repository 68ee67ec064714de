/** The services of world.proto on the socket $SOCKET, with promises and types. Given; nothing to do here. */
import { join } from "node:path";
import {
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export interface Status {
  observedGeneration: number;
  phase: "Ready" | "Failed";
  message: string;
}

export interface Thing {
  name: string;
  generation: number;
  text: string;
  /** Null until one was written. */
  status: Status | null;
  version: number;
}

export interface WatchEvent {
  type: "PUT" | "DELETED" | "SYNCED";
  thing: Thing | null;
}

export const definition = loadSync(join(import.meta.dirname, "world.proto"), {
  longs: Number,
  enums: String,
  defaults: true,
});

export interface World {
  /** Throws to its reader when the stream breaks. */
  watch(): AsyncIterable<WatchEvent>;
  /** These reject with an error that has `code`, a status of gRPC. */
  updateStatus(name: string, version: number, status: Status): Promise<Thing>;
  make(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<string[]>;
}

type Unary = (request: object, options: object, done: (error: Error | null, answer: never) => void) => void;

export function connect(socket: string): World {
  const { drydock } = loadPackageDefinition(definition) as unknown as {
    drydock: { lab: { world: { v1: { Store: ServiceClientConstructor; Machine: ServiceClientConstructor } } } };
  };
  const { Store, Machine } = drydock.lab.world.v1;
  const options = { "grpc.initial_reconnect_backoff_ms": 50, "grpc.max_reconnect_backoff_ms": 500 };
  const store = new Store(`unix:${socket}`, credentials.createInsecure(), options);
  const machine = new Machine(`unix:${socket}`, credentials.createInsecure(), options);
  const call = <T>(client: typeof store, method: string, request: object): Promise<T> =>
    new Promise((resolve, reject) => {
      (client[method] as unknown as Unary).call(
        client,
        request,
        { deadline: Date.now() + 10_000 },
        (error, answer: T) => (error ? reject(error) : resolve(answer)),
      );
    });
  return {
    watch: () => (store.watch as unknown as (request: object) => ClientReadableStream<WatchEvent>).call(store, {}),
    updateStatus: (name, version, status) => call(store, "updateStatus", { name, version, status }),
    make: (name, text) => call(machine, "make", { name, text }),
    remove: (name) => call(machine, "remove", { name }),
    list: async () => (await call<{ names: string[] }>(machine, "list", {})).names,
  };
}
