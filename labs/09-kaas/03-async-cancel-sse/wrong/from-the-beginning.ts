// fails at events: Last-Event-ID
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

const cloud = process.env.CLOUD ?? "http://127.0.0.1:1";
const PAUSE_MS = 50;

type State = "provisioning" | "running" | "failed" | "deleting" | "deleted";

/** One cluster, from its order to its end. */
class Cluster {
  readonly name: string;
  readonly #history: State[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #cancel = new AbortController();
  readonly #provisioned: Promise<void>;
  #removed: Promise<void> | undefined;

  constructor(name: string) {
    this.name = name;
    this.#become("provisioning");
    this.#provisioned = this.#provision();
  }

  get state(): State {
    return this.#history.at(-1) as State;
  }

  /** Never rejects: how it went is the state. */
  get provisioned(): Promise<void> {
    return this.#provisioned;
  }

  /** States from number `from` on, of the past and as they come, until the last or until `signal`. */
  async *states(from: number, signal: AbortSignal): AsyncGenerator<[number, State]> {
    for (let n = from; !signal.aborted; n++) {
      while (this.#history.length < n && !signal.aborted) await this.#change(signal);
      const state = this.#history[n - 1];
      if (!state) return;
      yield [n, state];
      if (state === "deleted") return;
    }
  }

  /** Once, however often it is asked for. Resolves when nothing of it is left. */
  remove(): Promise<void> {
    this.#removed ??= this.#remove();
    return this.#removed;
  }

  async #provision(): Promise<void> {
    try {
      const { status } = await fetch(`${cloud}/machines/${this.name}`, { method: "POST", signal: this.#cancel.signal });
      if (!this.#cancel.signal.aborted) this.#become(status === 201 ? "running" : "failed");
    } catch {
      // Cancelled: the deletion says what becomes of it. Or the cloud has gone.
      if (!this.#cancel.signal.aborted) this.#become("failed");
    }
  }

  async #remove(): Promise<void> {
    this.#become("deleting");
    this.#cancel.abort();
    await this.#provisioned;
    // Whether there is a machine nobody can tell who has closed the connection: it is deleted in any case, and without the signal.
    while (!(await deleteMachine(this.name))) await delay(PAUSE_MS);
    this.#become("deleted");
  }

  #become(state: State): void {
    this.#history.push(state);
    for (const listener of [...this.#listeners]) listener();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#listeners.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#listeners.add(done);
      signal.addEventListener("abort", done);
    });
  }
}

async function deleteMachine(name: string): Promise<boolean> {
  try {
    return (await fetch(`${cloud}/machines/${name}`, { method: "DELETE" })).status === 204;
  } catch {
    // Away for a moment, as a 500 is.
    return false;
  }
}

const clusters = new Map<string, Cluster>();
const ending = new AbortController();

function remove(cluster: Cluster): Promise<void> {
  return cluster.remove().then(() => {
    if (clusters.get(cluster.name) === cluster) clusters.delete(cluster.name);
  });
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(`${JSON.stringify(body)}\n`);
}

function shown({ name, state }: Cluster): { name: string; state: State } {
  return { name, state };
}

async function create(request: IncomingMessage, response: ServerResponse, wait: boolean): Promise<void> {
  const { name } = JSON.parse(await text(request)) as { name: string };
  if (clusters.has(name)) return answer(response, 409, { error: `there is a cluster ${name} already` });
  const cluster = new Cluster(name);
  clusters.set(name, cluster);
  const headers = { location: `/clusters/${name}` };
  if (!wait) return answer(response, 202, shown(cluster), headers);
  response.on("close", () => {
    if (!response.writableEnded) void remove(cluster);
  });
  await cluster.provisioned;
  if (!response.destroyed) answer(response, cluster.state === "running" ? 201 : 502, shown(cluster), headers);
}

async function stream(cluster: Cluster, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.on("close", () => left.abort());
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  for await (const [id, state] of cluster.states(1, AbortSignal.any([left.signal, ending.signal]))) {
    response.write(`id: ${id}\ndata: ${JSON.stringify({ name: cluster.name, state })}\n\n`);
  }
  response.end();
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const [, , name = "", part] = url.pathname.split("/");
  if (request.method === "POST") return create(request, response, url.searchParams.get("wait") === "true");
  const cluster = clusters.get(name);
  if (!cluster) return answer(response, 404, { error: "there is no such cluster" });
  if (part === "events") return stream(cluster, response);
  if (request.method === "DELETE") void remove(cluster);
  answer(response, request.method === "DELETE" ? 202 : 200, shown(cluster));
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: Error) => {
    if (response.headersSent) response.destroy();
    else answer(response, error instanceof SyntaxError ? 400 : 500, { error: "the request could not be handled" });
  });
});

process.once("SIGTERM", async () => {
  server.close();
  const cancelled = [...clusters.values()].filter(({ state }) => state === "provisioning" || state === "deleting");
  // Those who watch a cancelled one see its end; the others' streams end here.
  await Promise.all(cancelled.map(remove));
  ending.abort();
  server.closeIdleConnections();
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
