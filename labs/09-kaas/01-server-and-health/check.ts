import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

interface Answer {
  status: number;
  type: string;
  headers: IncomingMessage["headers"];
  text: string;
  body: Record<string, unknown>;
}

/** The provider that the service depends on. */
class Provider {
  /** What it does with each request. */
  mode: "fine" | "broken" | "silent" = "fine";
  /** Answers 500 with this. */
  secret = "";
  /** Requests for a kubeconfig wait for this, when it is there. */
  hold: Promise<unknown> | undefined;
  url = "";
  readonly asked: string[] = [];

  async listen(): Promise<void> {
    const server = createServer((asked, response) => void this.#answer(asked.url ?? "", response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    this.asked.push(path);
    if (this.mode === "silent") return;
    if (this.mode === "broken") {
      response.writeHead(500).end(`cannot log in with ${this.secret}`);
      return;
    }
    if (path.startsWith("/kubeconfig/")) await this.hold;
    response.end(path === "/ping" ? "pong" : `kubeconfig of ${path.slice("/kubeconfig/".length)}`);
  }
}

interface Service {
  child: Running;
  provider: Provider;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

let nextPort = 26_000;

async function serve(t: CheckTools, drainMs = 500): Promise<Service> {
  const provider = new Provider();
  await provider.listen();
  nextPort += t.number(1, 50);
  const port = nextPort;
  const env = { PORT: String(port), PROVIDER: provider.url, DRAIN_MS: String(drainMs), PATIENCE_MS: "800" };
  const child = await t.start("server.ts", [], { env });
  if (!(await t.until(() => child.stdout.includes("listening"), 20_000)))
    throw t.wrong(`the server did not say "listening" but: ${(child.stdout + child.stderr).slice(0, 200)}`);
  return {
    child,
    provider,
    ask(method, path, body, headers = {}) {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return new Promise((resolve) => {
        const none = { type: "", headers: {}, text: "", body: {} };
        const sent = request(
          {
            ...{ host: "127.0.0.1", port, method, path, timeout: 8000 },
            headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
          },
          (response) => {
            let got = "";
            response.on("data", (chunk: Buffer) => {
              got += chunk.toString();
            });
            response.on("end", () => {
              const type = String(response.headers["content-type"] ?? "").split(";")[0] ?? "";
              const answer = { status: response.statusCode ?? 0, type, headers: response.headers, text: got };
              try {
                resolve({ ...answer, body: JSON.parse(got) as Record<string, unknown> });
              } catch {
                resolve({ ...answer, body: {} });
              }
            });
          },
        );
        sent.on("timeout", () => sent.destroy(new Error("no answer within 8 s")));
        sent.on("error", (error) => resolve({ ...none, status: 0, text: error.message }));
        sent.end(text);
      });
    },
  };
}

function expectStatus(t: CheckTools, what: string, answer: Answer, expected: number, hint?: string): void {
  if (answer.status !== expected)
    throw t.wrong(
      `${what} is ${answer.status || "not answered"} ${answer.text.slice(0, 120)}, expected ${expected}`,
      hint,
    );
}

export const steps: LabCheck = {
  async health(t) {
    const { ask, provider } = await serve(t);
    for (const mode of ["fine", "broken", "silent"] as const) {
      provider.mode = mode;
      const answer = await ask("GET", "/healthz");
      const when = `with a provider that is ${mode} /healthz`;
      expectStatus(t, when, answer, 200, "who is killed and started again because of this answer, and does it help?");
      if (answer.body.status !== "ok")
        throw t.wrong(`${when} says ${answer.text.slice(0, 80)}, expected {"status":"ok"}`);
    }
    if (provider.asked.length > 0)
      throw t.wrong(
        `for /healthz the provider was asked ${provider.asked.length} times, expected never`,
        "every node asks every few seconds",
      );
  },

  async ready(t) {
    const { ask, provider } = await serve(t);
    // The first question of a process takes longer, and the machine may be busy.
    let fine = await ask("GET", "/readyz");
    await t.until(async () => {
      fine = await ask("GET", "/readyz");
      return fine.status === 200;
    });
    expectStatus(t, "with a provider that is fine /readyz", fine, 200);
    if (fine.body.status !== "ready")
      throw t.wrong(`/readyz is 200 and says ${fine.text.slice(0, 80)}, expected {"status":"ready"}`);
    for (const mode of ["broken", "silent"] as const) {
      provider.mode = mode;
      const answer = await ask("GET", "/readyz");
      const hint = "AbortSignal.timeout($PATIENCE_MS): whoever asks has no more patience than you";
      expectStatus(t, `with a provider that is ${mode} /readyz`, answer, 503, hint);
      if (JSON.stringify(answer.body.failed) !== '["provider"]')
        throw t.wrong(`/readyz says "failed": ${JSON.stringify(answer.body.failed)}, expected ["provider"]`);
    }
    provider.mode = "fine";
    if (!(await t.until(async () => (await ask("GET", "/readyz")).status === 200)))
      throw t.wrong("when the provider is well again /readyz is not 200, expected it to be");
  },

  async api(t) {
    const { ask } = await serve(t);
    const names = [t.word(), t.word(), t.word()];
    const nodes = t.number(1, 101);
    for (const name of names) {
      const made = await ask("POST", "/clusters", { name, nodes });
      expectStatus(t, "POST /clusters", made, 201);
      if (made.headers.location !== `/clusters/${name}`)
        throw t.wrong(`Location of what was made is ${made.headers.location}, expected /clusters/${name}`);
    }
    const [first = ""] = names;
    const read = await ask("GET", `/clusters/${first}`);
    expectStatus(t, `GET /clusters/${first}`, read, 200);
    if (read.body.name !== first || read.body.nodes !== nodes)
      throw t.wrong(`GET /clusters/${first} says ${read.text.slice(0, 100)}, expected ${nodes} nodes`);
    for (const time of ["", " again"])
      expectStatus(t, `DELETE /clusters/${first}${time}`, await ask("DELETE", `/clusters/${first}`), 204);
    const list = (await ask("GET", "/clusters")).body.items as { name: string }[] | undefined;
    const [seen, expected] = [list?.map(({ name }) => name).join(), names.slice(1).sort().join()];
    if (seen !== expected) throw t.wrong(`GET /clusters has ${seen}, expected ${expected}`);
  },

  async problems(t) {
    const { ask, provider } = await serve(t);
    const name = t.word();
    await ask("POST", "/clusters", { name, nodes: 1 });
    const big = JSON.stringify({ name: "x".repeat(20 << 10), nodes: 1 });
    const bad: [string, number, Promise<Answer>][] = [
      ["an unknown path", 404, ask("GET", `/${t.word()}`)],
      ["an unknown cluster", 404, ask("GET", `/clusters/${t.word()}`)],
      ["a name that is taken", 409, ask("POST", "/clusters", { name, nodes: 2 })],
      ["a body that is no JSON", 400, ask("POST", "/clusters", "{ no")],
      ["a body of 20 KiB", 413, ask("POST", "/clusters", big)],
      ["a body of text/plain", 415, ask("POST", "/clusters", "x", { "content-type": "text/plain" })],
      ["two wrong fields", 422, ask("POST", "/clusters", { name: "No Name", nodes: 0 })],
      ["a number that is a text", 422, ask("POST", "/clusters", { name: t.word(), nodes: "3" })],
      ["a missing field", 422, ask("POST", "/clusters", { name: t.word() })],
    ];
    for (const [what, status, asked] of bad) {
      const hint = status === 415 ? "Fastify has a parser for text/plain, too: removeContentTypeParser" : undefined;
      expectProblem(t, what, status, await asked, hint);
    }
    const two = await ask("POST", "/clusters", { name: "No Name", nodes: 0 });
    const errors = (two.body.errors ?? []) as { pointer?: string }[];
    const pointers = errors.map(({ pointer }) => pointer).sort();
    if (pointers.join() !== "/name,/nodes")
      throw t.wrong(
        `two wrong fields have errors with the pointers ${JSON.stringify(pointers)}, expected ["/name","/nodes"]`,
        "a validator stops at the first error unless told otherwise",
      );
    provider.mode = "broken";
    provider.secret = t.word();
    const failed = await ask("GET", `/clusters/${name}/kubeconfig`);
    expectProblem(t, "a kubeconfig that the provider refuses", 502, failed);
    if (failed.text.includes(provider.secret))
      throw t.wrong(
        `the answer says to a stranger what the provider said: ${failed.text.slice(0, 200)}, expected nothing of it`,
        "the cause is for the log",
      );
    provider.mode = "fine";
    const fine = await ask("GET", `/clusters/${name}/kubeconfig`);
    if (fine.text !== `kubeconfig of ${name}`)
      throw t.wrong(`a kubeconfig is ${fine.text.slice(0, 80)}, expected what the provider says`);
  },

  async graceful(t) {
    const { ask, child, provider } = await serve(t, 1500);
    const name = t.word();
    await ask("POST", "/clusters", { name, nodes: 1 });
    let release = (_: unknown): void => {};
    provider.hold = new Promise((resolve) => {
      release = resolve;
    });
    const inHand = ask("GET", `/clusters/${name}/kubeconfig`);
    await t.until(() => provider.asked.some((path) => path.includes(name)), 10_000);
    child.kill("SIGTERM");
    let said = { status: 200, failed: "" };
    await t.until(async () => {
      const { status, body } = await ask("GET", "/readyz");
      said = { status, failed: JSON.stringify(body.failed) };
      return status === 0 || said.failed === '["ending"]';
    }, 10_000);
    if (said.status !== 503 || said.failed !== '["ending"]')
      throw t.wrong(
        `after SIGTERM /readyz is ${said.status || "not answered"} with ${said.failed}, expected 503 from /readyz with "failed": ["ending"]`,
        "those who send have to be told before the door is closed",
      );
    const late = await ask("GET", `/clusters/${name}`);
    expectStatus(t, "a request right after SIGTERM", late, 200, "go on serving for $DRAIN_MS");
    // Until the door is closed; the one in hand is still inside.
    await t.until(async () => (await ask("GET", "/healthz")).status === 0, 10_000);
    release(undefined);
    const { text } = await inHand;
    if (text !== `kubeconfig of ${name}`)
      throw t.wrong(
        `the request that was in hand all the time got ${text.slice(0, 80) || "nothing"}, expected its answer`,
      );
    const ended = await Promise.race([child.ended, t.until(() => undefined, 10_000)]);
    if (!ended) throw t.wrong("10 s after its last answer the service is still there, expected it to end");
    if (ended.code !== 0) throw t.wrong(`the service ended with ${ended.code ?? ended.signal}, expected 0`);
  },
};

function expectProblem(t: CheckTools, what: string, status: number, answer: Answer, hint?: string): void {
  expectStatus(t, what, answer, status, hint);
  if (answer.type !== "application/problem+json")
    throw t.wrong(
      `${what}: the media type is ${answer.type || "none"}, expected application/problem+json`,
      "setErrorHandler and setNotFoundHandler",
    );
  const { type, title, detail, instance } = answer.body;
  if (answer.body.status !== status || ![type, title, detail, instance].every((field) => typeof field === "string"))
    throw t.wrong(
      `${what}: the problem is ${answer.text.slice(0, 200)}, expected type, title, status, detail, instance`,
    );
}
