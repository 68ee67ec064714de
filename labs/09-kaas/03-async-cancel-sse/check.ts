import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
  body: Record<string, unknown>;
}

/** A cloud that finishes a machine when it is told to, whoever still waits for it. */
class Cloud {
  readonly machines = new Set<string>();
  /** Those that are being made: by whom they are finished, and whether somebody still waits. */
  readonly making = new Map<string, { finish(made: boolean): void; isWaitedFor: boolean }>();
  /** How often each was deleted. */
  readonly deletions = new Map<string, number>();
  /** The next so many deletions are answered with 500. */
  badDeletions = 0;
  url = "";

  async listen(): Promise<void> {
    const server = createServer((asked, response) => this.#answer(asked, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  #answer(asked: IncomingMessage, response: ServerResponse): void {
    const name = (asked.url ?? "").split("/")[2] ?? "";
    if (asked.method === "DELETE") {
      if (this.badDeletions > 0) {
        this.badDeletions -= 1;
        response.writeHead(500).end();
        return;
      }
      this.deletions.set(name, (this.deletions.get(name) ?? 0) + 1);
      this.machines.delete(name);
      response.writeHead(204).end();
      return;
    }
    const order = {
      isWaitedFor: true,
      finish: (made: boolean) => {
        this.making.delete(name);
        if (made) this.machines.add(name);
        if (order.isWaitedFor) response.writeHead(made ? 201 : 500).end();
      },
    };
    this.making.set(name, order);
    response.on("close", () => {
      order.isWaitedFor = response.writableEnded;
      // Too late to stop: it had been made already.
      if (!response.writableEnded) order.finish(true);
    });
  }
}

interface Stream {
  readonly events: { id: string; state: string }[];
  isEnded: boolean;
  status: number;
}

interface Service {
  child: Running;
  cloud: Cloud;
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Asks, and leaves when the function is called. */
  leave(method: string, path: string, body: unknown): () => void;
  stream(name: string, after?: number): Stream;
  /** Waits until a machine of this name is being made. */
  begun(name: string): Promise<{ finish(made: boolean): void; isWaitedFor: boolean }>;
  expectState(name: string, state: string, when: string): Promise<void>;
}

let nextPort = 28_000;

async function serve(t: CheckTools): Promise<Service> {
  const cloud = new Cloud();
  await cloud.listen();
  nextPort += t.number(1, 50);
  const port = nextPort;
  const child = await t.start("server.ts", [], { env: { PORT: String(port), CLOUD: cloud.url } });
  if (!(await t.until(() => child.stdout.includes("listening"), 20_000)))
    throw t.wrong(`the server did not say "listening" but: ${(child.stdout + child.stderr).slice(0, 200)}`);

  const options = (method: string, path: string) => ({ host: "127.0.0.1", port, method, path, agent: false as const });

  function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return new Promise((resolve) => {
      const sent = request({ ...options(method, path), timeout: 8000 }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          try {
            resolve({ status, headers: response.headers, text, body: JSON.parse(text) as Record<string, unknown> });
          } catch {
            resolve({ status, headers: response.headers, text, body: {} });
          }
        });
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer within 8 s")));
      sent.on("error", (error) => resolve({ status: 0, headers: {}, text: error.message, body: {} }));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  return {
    child,
    cloud,
    ask,
    leave(method, path, body) {
      const sent = request(options(method, path));
      sent.on("error", () => {});
      sent.end(JSON.stringify(body));
      return () => sent.destroy();
    },
    stream(name, after) {
      const seen: Stream = { events: [], isEnded: false, status: 0 };
      const headers = after === undefined ? {} : { "last-event-id": String(after) };
      const sent = request({ ...options("GET", `/clusters/${name}/events`), headers }, (response) => {
        seen.status = response.statusCode ?? 0;
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          const blocks = text.split("\n\n");
          text = blocks.pop() ?? "";
          for (const block of blocks) {
            const data = /^data: (.*)$/m.exec(block)?.[1];
            const id = /^id: (.*)$/m.exec(block)?.[1] ?? "";
            if (data) seen.events.push({ id, state: String((JSON.parse(data) as { state?: unknown }).state) });
          }
        });
        response.on("end", () => {
          seen.isEnded = true;
        });
        response.on("error", () => {});
      });
      sent.on("error", () => {});
      sent.end();
      return seen;
    },
    async begun(name) {
      const order = await t.until(() => cloud.making.get(name), 10_000);
      if (!order) throw t.wrong(`after POST of ${name} the cloud was not asked for a machine, expected it to be`);
      return order;
    },
    async expectState(name, state, when) {
      let seen: Answer | undefined;
      const reached = await t.until(async () => {
        seen = await ask("GET", `/clusters/${name}`);
        return state === "none" ? seen.status === 404 : seen.body.state === state;
      }, 10_000);
      if (!reached)
        throw t.wrong(
          `${when} GET is ${seen?.status} ${seen?.text.slice(0, 100)}, expected ${state === "none" ? "404" : `the state ${state}`}`,
        );
    },
  };
}

async function expectEvents(t: CheckTools, stream: Stream, expected: string[], when: string, from = 1): Promise<void> {
  const seen = (): string => stream.events.map(({ id, state }) => `${id} ${state}`).join(", ");
  const wanted = expected.map((state, n) => `${from + n} ${state}`).join(", ");
  if (!(await t.until(() => seen() === wanted, 8000)))
    throw t.wrong(`${when} the events are ${seen() || "none"}, expected ${wanted}`, "id: and data:, and an empty line");
}

export const steps: LabCheck = {
  async accepted(t) {
    const { ask, begun, expectState } = await serve(t);
    const [good, bad] = [t.word(), t.word()];
    for (const [name, made] of [
      [good, true],
      [bad, false],
    ] as const) {
      const { status, headers, text, body } = await ask("POST", "/clusters", { name });
      if (status !== 202 || body.state !== "provisioning")
        throw t.wrong(
          `POST /clusters is ${status || "not answered"} ${text.slice(0, 100)} while the cloud is at work, expected 202 with "provisioning"`,
          "answer first, and work on",
        );
      if (headers.location !== `/clusters/${name}`)
        throw t.wrong(`Location is ${headers.location}, expected /clusters/${name}: where to look how it goes`);
      const again = await ask("POST", "/clusters", { name });
      if (again.status !== 409) throw t.wrong(`the same POST again is ${again.status}, expected 409`);
      (await begun(name)).finish(made);
      await expectState(
        name,
        made ? "running" : "failed",
        `when the cloud ${made ? "has made it" : "could not make it"}`,
      );
    }
  },

  async events(t) {
    const { ask, begun, stream } = await serve(t);
    const name = t.word();
    await ask("POST", "/clusters", { name });
    const early = stream(name);
    await expectEvents(t, early, ["provisioning"], "while it is provisioning");
    (await begun(name)).finish(true);
    await expectEvents(t, early, ["provisioning", "running"], "when it runs");
    await expectEvents(t, stream(name), ["provisioning", "running"], "for who comes later");
    const back = stream(name, 1);
    await expectEvents(t, back, ["running"], "with Last-Event-ID: 1", 2);
    await ask("DELETE", `/clusters/${name}`);
    await expectEvents(t, back, ["running", "deleting", "deleted"], "after DELETE", 2);
    if (!(await t.until(() => back.isEnded, 5000)))
      throw t.wrong('behind "deleted" the stream is still open, expected its end: nothing can follow');
  },

  async delete(t) {
    const { ask, begun, cloud, expectState, stream } = await serve(t);
    const name = t.word();
    await ask("POST", "/clusters", { name });
    const seen = stream(name);
    const order = await begun(name);
    cloud.badDeletions = 2;
    for (const time of ["", " again"]) {
      const { status, text } = await ask("DELETE", `/clusters/${name}`);
      if (status !== 202 && !(time && status === 404))
        throw t.wrong(
          `DELETE${time} while it is provisioning is ${status || "not answered"} ${text.slice(0, 80)}, expected 202`,
        );
    }
    if (!(await t.until(() => !order.isWaitedFor, 5000)))
      throw t.wrong(
        "after DELETE the request to the cloud goes on, expected it to be cancelled",
        "an AbortSignal for all work of this cluster",
      );
    await expectState(name, "none", "after DELETE while provisioning");
    if (cloud.machines.has(name))
      throw t.wrong(
        `the cluster is gone, and its machine is left in the cloud, expected none: the cloud had made it when it was cancelled`,
        "who closes a connection does not know what has become of the request",
      );
    await expectEvents(
      t,
      seen,
      ["provisioning", "deleting", "deleted"],
      "of a cluster that was deleted while provisioning",
    );
    const once = cloud.deletions.get(name);
    if (once !== 1) throw t.wrong(`the machine was deleted ${once ?? 0} times with success, expected once`);
    const { status } = await ask("POST", "/clusters", { name });
    if (status !== 202) throw t.wrong(`after that the name cannot be had again: POST is ${status}, expected 202`);
  },

  async wait(t) {
    const { ask, begun, cloud, expectState, leave } = await serve(t);
    const [good, bad, left] = [t.word(), t.word(), t.word()];
    for (const [name, made, expected] of [
      [good, true, 201],
      [bad, false, 502],
    ] as const) {
      const asked = ask("POST", "/clusters?wait=true", { name });
      const early = await Promise.race([asked, begun(name).then(() => undefined)]);
      if (early)
        throw t.wrong(`wait=true is answered with ${early.status} before the cloud has finished, expected it to wait`);
      (await begun(name)).finish(made);
      const { status, body } = await asked;
      if (status !== expected || body.state !== (made ? "running" : "failed"))
        throw t.wrong(
          `wait=true is ${status} ${JSON.stringify(body)}, expected ${expected} when the cloud has ${made ? "" : "not "}made it`,
        );
    }
    const go = leave("POST", "/clusters?wait=true", { name: left });
    const order = await begun(left);
    go();
    if (!(await t.until(() => !order.isWaitedFor, 5000)))
      throw t.wrong(
        `the request to the cloud goes on and its client has left, expected it to be cancelled`,
        'the event "close" of the response',
      );
    await expectState(left, "none", "after its client has left");
    if (cloud.machines.has(left))
      throw t.wrong("its client has left, and the machine is left in the cloud, expected none");
    await expectState(good, "running", "the one whose client stayed: ");
  },

  async restart(t) {
    const { ask, begun, child, cloud, expectState, stream } = await serve(t);
    const [runs, unfinished] = [t.word(), t.word()];
    await ask("POST", "/clusters", { name: runs });
    (await begun(runs)).finish(true);
    await expectState(runs, "running", "before SIGTERM");
    await ask("POST", "/clusters", { name: unfinished });
    await begun(unfinished);
    const streams = [stream(runs), stream(unfinished)];
    await t.until(() => streams.every(({ events }) => events.length > 0), 5000);
    child.kill("SIGTERM");
    const ended = await Promise.race([child.ended, t.until(() => undefined, 10_000)]);
    if (!ended)
      throw t.wrong("10 s after SIGTERM the server is still there, expected it to end: who holds it?", "open streams");
    if (ended.code !== 0)
      throw t.wrong(
        `after SIGTERM it ended with ${ended.code ?? ended.signal}, expected 0: ${ended.stderr.slice(-150)}`,
      );
    if (cloud.machines.has(unfinished) || cloud.making.has(unfinished))
      throw t.wrong("what was provisioning at SIGTERM is left in the cloud, expected it to be cancelled and deleted");
    if (!cloud.machines.has(runs)) throw t.wrong("SIGTERM deleted a cluster that was running, expected it to stay");
    if (!(await t.until(() => streams.every(({ isEnded }) => isEnded), 3000)))
      throw t.wrong("SIGTERM broke the streams off, expected each to have an end");
  },
};
