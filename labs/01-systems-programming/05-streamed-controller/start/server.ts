/**
 * The world of world.proto, in memory, for a controller to work in. Given; nothing to do here.
 *
 * SOCKET=/tmp/s node server.ts      commands on standard input: "put NAME TEXT", "delete NAME", "show"
 */
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceClientConstructor,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { definition, type Status, type Thing, type WatchEvent } from "./client.ts";

interface Call {
  what: "make" | "remove";
  name: string;
  /** Of the same name, while this one was under way. */
  overlapped: boolean;
}

export class WorldServer {
  readonly things = new Map<string, Thing>();
  /** What is real: texts by name. */
  readonly machine = new Map<string, string>();
  readonly calls: Call[] = [];
  mostAtOnce = 0;
  statusWrites = 0;
  /** Status that said of a generation that it is ready, and it was never made. */
  readonly lies: string[] = [];
  makeMs = 5;
  refusesWatches = false;
  readonly failing = new Set<string>();
  /** Another client's write, just before a status is written. */
  beforeStatus: (name: string) => void = () => {};

  /** What was desired at which generation, by name. */
  readonly #texts = new Map<string, Map<number, string>>();
  readonly #made = new Set<string>();
  readonly #running: Call[] = [];
  readonly #streams = new Set<ServerWritableStream<object, WatchEvent>>();
  readonly #server = new Server();

  async listen(socket: string): Promise<void> {
    const { drydock } = loadPackageDefinition(definition) as unknown as {
      drydock: { lab: { world: { v1: { Store: ServiceClientConstructor; Machine: ServiceClientConstructor } } } };
    };
    const { Store, Machine } = drydock.lab.world.v1;
    this.#server.addService(Store.service, {
      watch: (stream: ServerWritableStream<object, WatchEvent>) => this.#watch(stream),
      updateStatus: (
        { request }: ServerUnaryCall<{ name: string; version: number; status: Status }, Thing>,
        done: sendUnaryData<Thing>,
      ) => {
        this.beforeStatus(request.name);
        const thing = this.things.get(request.name);
        if (!thing) return done({ code: status.NOT_FOUND, details: `${request.name} is gone` });
        if (thing.version !== request.version)
          return done({ code: status.ABORTED, details: `${thing.name} has version ${thing.version}` });
        const { observedGeneration, phase } = request.status;
        if (phase === "Ready" && !this.#made.has(`${thing.name}@${observedGeneration}`))
          this.lies.push(`${thing.name} is Ready at generation ${observedGeneration}`);
        this.statusWrites += 1;
        done(null, this.#store({ ...thing, status: request.status }));
      },
    });
    this.#server.addService(Machine.service, {
      make: (
        { request: { name, text } }: ServerUnaryCall<{ name: string; text: string }, object>,
        done: sendUnaryData<object>,
      ) => {
        void this.#work("make", name, done, () => {
          this.machine.set(name, text);
          for (const [generation, wanted] of this.#texts.get(name) ?? []) {
            if (wanted === text) this.#made.add(`${name}@${generation}`);
          }
        });
      },
      remove: ({ request: { name } }: ServerUnaryCall<{ name: string }, object>, done: sendUnaryData<object>) => {
        void this.#work("remove", name, done, () => this.machine.delete(name));
      },
      list: (_call: unknown, done: sendUnaryData<object>) => done(null, { names: [...this.machine.keys()] }),
    });
    await new Promise<void>((resolve, reject) =>
      this.#server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  put(name: string, text: string): void {
    const before = this.things.get(name);
    const generation = (before?.generation ?? 0) + (before?.text === text ? 0 : 1);
    this.#texts.set(name, (this.#texts.get(name) ?? new Map<number, string>()).set(generation, text));
    this.#store({ name, text, generation, status: before?.status ?? null, version: before?.version ?? 0 });
  }

  delete(name: string): void {
    const thing = this.things.get(name);
    if (!thing) return;
    this.things.delete(name);
    this.#tell({ type: "DELETED", thing });
  }

  /** How often it was called for this name. */
  count(what: Call["what"], name: string): number {
    return this.calls.filter((call) => call.what === what && call.name === name).length;
  }

  breakStreams(): void {
    for (const stream of this.#streams) stream.emit("error", { code: status.UNAVAILABLE, details: "broken" });
    this.#streams.clear();
  }

  get streams(): number {
    return this.#streams.size;
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #store(thing: Thing): Thing {
    const stored = { ...thing, version: thing.version + 1 };
    this.things.set(thing.name, stored);
    this.#tell({ type: "PUT", thing: stored });
    return stored;
  }

  #tell(event: WatchEvent): void {
    for (const stream of this.#streams) stream.write(event);
  }

  #watch(stream: ServerWritableStream<object, WatchEvent>): void {
    if (this.refusesWatches) {
      stream.emit("error", { code: status.UNAVAILABLE, details: "not now" });
      return;
    }
    for (const thing of this.things.values()) stream.write({ type: "PUT", thing });
    stream.write({ type: "SYNCED", thing: null });
    this.#streams.add(stream);
    stream.on("cancelled", () => this.#streams.delete(stream));
  }

  async #work(what: Call["what"], name: string, done: sendUnaryData<object>, effect: () => void): Promise<void> {
    const call = { what, name, overlapped: this.#running.some((one) => one.name === name) };
    this.calls.push(call);
    this.#running.push(call);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running.length);
    await delay(this.makeMs);
    this.#running.splice(this.#running.indexOf(call), 1);
    if (this.failing.has(name)) return done({ code: status.UNAVAILABLE, details: `no room for ${name}` });
    effect();
    done(null, {});
  }
}

if (import.meta.main) {
  const world = new WorldServer();
  world.makeMs = 300;
  await world.listen(process.env.SOCKET ?? "");
  console.log("listening");
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, name = "", ...words] = line.split(" ");
    if (command === "put") world.put(name, words.join(" "));
    else if (command === "delete") world.delete(name);
    for (const { name, text, generation, status } of world.things.values())
      console.log(
        `desired ${name}=${text} generation ${generation}, ${status?.phase ?? "no status"} ${status?.observedGeneration ?? ""}`,
      );
    for (const [name, text] of world.machine) console.log(`real    ${name}=${text}`);
  }
}
