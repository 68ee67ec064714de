import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";

interface Cluster {
  id: string;
  name: string;
  nodes: number;
  state: "creating" | "active" | "failed";
}

interface Asked {
  method: string;
  path: string;
  token: string | undefined;
  /** ms */
  at: number;
}

/** What happens to a request: an answer instead, or what is done to the real one. */
type Fault =
  | { status: number; reason?: string; retryAfter?: number }
  | "silent"
  | "cut"
  | "lost" /* it takes effect, and the answer never comes */
  | "wrong-gateway"; /* it takes effect, and a proxy says 502 */

const SHORT_MS = 700;

class Cloud {
  readonly t: CheckTools;
  readonly clusters = new Map<string, Cluster & { token: string; looks: number }>();
  readonly asked: Asked[] = [];
  /** For the next requests, one each. */
  faults: Fault[] = [];
  /** How often it is looked at before it is there, and before it is finished. */
  hidden = 0;
  creating = 0;
  ends: "active" | "failed" = "active";
  pageSize = 100;
  /** Long where nothing is silent, so that a slow machine is not taken for a silent cloud, ms. */
  answerMs = 10_000;
  url = "";

  constructor(t: CheckTools) {
    this.t = t;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on("end", () => this.#answer(request, text, response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  add(name = this.t.word(), nodes = 1, token = this.t.word()): Cluster {
    const cluster = { id: `c-${this.t.word()}`, name, nodes, state: "creating" as const, token, looks: 0 };
    this.clusters.set(cluster.id, cluster);
    return cluster;
  }

  run(...args: string[]): Promise<Ended> {
    return this.t.run("provider.ts", args, {
      env: { CLOUD: this.url, ANSWER_MS: String(this.answerMs) },
      timeoutMs: 20_000,
    });
  }

  #answer(request: IncomingMessage, text: string, response: ServerResponse): void {
    const body = parse(text);
    const [method = "", path = ""] = [request.method, request.url];
    this.asked.push({ method, path, token: body?.clientToken as string | undefined, at: performance.now() });
    const fault = this.faults.shift();
    if (fault === "silent") return;
    if (fault === "cut") {
      request.socket.destroy();
      return;
    }
    if (typeof fault === "object") {
      const { status, reason = "fault", retryAfter } = fault;
      const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
      response.writeHead(status, headers).end(JSON.stringify({ reason, message: `the cloud says ${status}` }));
      return;
    }
    const [status, answer] = this.#serve(method, path, body);
    if (fault === "lost") return;
    if (fault === "wrong-gateway") response.writeHead(502).end("<html>Bad Gateway</html>");
    else response.writeHead(status).end(answer === undefined ? "" : JSON.stringify(answer));
  }

  #serve(method: string, path: string, body: Record<string, unknown> | undefined): [number, unknown?] {
    const url = new URL(path, "http://cloud");
    const id = /^\/v1\/clusters\/([^/]+)$/.exec(url.pathname)?.[1];
    const found = id === undefined ? undefined : this.clusters.get(id);
    const none: [number, unknown] = [404, { reason: "not-found", message: "there is no such cluster" }];
    if (method === "POST" && url.pathname === "/v1/clusters") {
      const token = String(body?.clientToken);
      const known = [...this.clusters.values()].find((one) => one.token === token);
      if (known) return [200, shown(known)];
      return [201, shown(this.add(String(body?.name), Number(body?.nodes), token))];
    }
    if (method === "GET" && url.pathname === "/v1/clusters") {
      const all = [...this.clusters.values()];
      const from = Number(url.searchParams.get("page")?.slice(1) ?? 0);
      const next = from + this.pageSize < all.length ? { next: `+${from + this.pageSize}` } : {};
      return [200, { items: all.slice(from, from + this.pageSize).map(shown), ...next }];
    }
    if (!found) return none;
    if (method === "DELETE") {
      this.clusters.delete(found.id);
      return [204];
    }
    found.looks += 1;
    if (found.looks <= this.hidden) return none;
    if (found.looks > this.hidden + this.creating) found.state = this.ends;
    return [200, shown(found)];
  }
}

function shown({ id, name, nodes, state }: Cluster): Cluster {
  return { id, name, nodes, state };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

async function cloudOf(t: CheckTools): Promise<Cloud> {
  const cloud = new Cloud(t);
  await cloud.listen();
  return cloud;
}

function lastWords({ stdout, stderr, timedOut }: Ended): string {
  if (timedOut) return "it did not end within 20 s";
  return (stdout.trim() || stderr.trim().split("\n").slice(-4).join(" ")).slice(0, 250) || "it said nothing";
}

function expectPrinted(t: CheckTools, what: string, ended: Ended, expected: unknown, hint?: string): void {
  if (ended.code !== 0 || JSON.stringify(parse(ended.stdout)) !== JSON.stringify(expected))
    throw t.wrong(
      `${what} ended with ${ended.code ?? ended.signal} and ${lastWords(ended)}, expected 0 and ${JSON.stringify(expected)}`,
      hint,
    );
}

export const steps: LabCheck = {
  async create(t) {
    const cloud = await cloudOf(t);
    cloud.creating = t.number(2, 5);
    const [name, nodes] = [t.word(), t.number(1, 50)];
    const ended = await cloud.run("create", name, String(nodes), t.word());
    const [made] = [...cloud.clusters.values()];
    if (!made || cloud.clusters.size > 1 || made.name !== name || made.nodes !== nodes)
      throw t.wrong(
        `after create ${name} ${nodes} the cloud has ${JSON.stringify([...cloud.clusters.values()].map(shown))}, expected that one: ${lastWords(ended)}`,
      );
    const expected = { id: made.id, name, nodes, state: "active" };
    expectPrinted(t, "create", ended, expected, "ask for the cluster until its state is one that lasts");
    cloud.hidden = 3;
    const late = await cloud.run("create", name, "2", t.word());
    const [, second] = [...cloud.clusters.values()];
    const shownLater = { id: second?.id, name, nodes: 2, state: "active" };
    expectPrinted(
      t,
      "create of what the cloud shows only a moment later",
      late,
      shownLater,
      "a 404 right after the creation: who has not heard of it yet?",
    );
  },

  async once(t) {
    const faults: [string, Fault][] = [
      ["with a 500", { status: 500 }],
      ["with a 503", { status: 503 }],
      ["with no answer", "silent"],
      ["with a connection that was cut", "cut"],
      ["when the cluster was made and the answer was lost", "lost"],
      ["when the cluster was made and a proxy said 502", "wrong-gateway"],
    ];
    for (const [when, fault] of faults) {
      const cloud = await cloudOf(t);
      cloud.faults = [fault, fault];
      cloud.answerMs = SHORT_MS;
      const [name, token] = [t.word(), t.word()];
      const ended = await cloud.run("create", name, "3", token);
      const posts = cloud.asked.filter(({ method }) => method === "POST");
      const other = posts.find((post) => post.token !== token);
      if (other)
        throw t.wrong(
          `${when} create asked ${posts.length} times with the tokens ${posts.map((post) => post.token).join(", ")}, expected ${token} each time`,
          "the token says which wish this is, not which try",
        );
      if (cloud.clusters.size !== 1)
        throw t.wrong(
          `${when} the cloud has ${cloud.clusters.size} clusters after one create, expected 1: ${lastWords(ended)}`,
        );
      const [made] = [...cloud.clusters.values()];
      expectPrinted(t, `${when}, twice, create`, ended, { id: made?.id, name, nodes: 3, state: "active" });
    }
  },

  async throttled(t) {
    const cloud = await cloudOf(t);
    cloud.faults = [
      { status: 429, retryAfter: 1 },
      { status: 429, retryAfter: 1 },
    ];
    const name = t.word();
    const ended = await cloud.run("create", name, "1", t.word());
    const posts = cloud.asked.filter(({ method }) => method === "POST");
    for (const [at, { at: time }] of posts.entries()) {
      const before = posts[at - 1];
      // Timers may be a millisecond early.
      if (before && time - before.at < 990)
        throw t.wrong(
          `a 429 with Retry-After: 1, and it asked again after ${Math.round(time - before.at)} ms, expected at least 1000`,
          "the header knows better than your own pause",
        );
    }
    const [made] = [...cloud.clusters.values()];
    expectPrinted(t, "after two 429 create", ended, { id: made?.id, name, nodes: 1, state: "active" });
  },

  async taxonomy(t) {
    const answers: [Fault, string, boolean][] = [
      [{ status: 400 }, "invalid", false],
      [{ status: 422 }, "invalid", false],
      [{ status: 403 }, "forbidden", false],
      [{ status: 409 }, "conflict", false],
      [{ status: 409, reason: "quota" }, "quota", false],
      [{ status: 500 }, "unavailable", true],
    ];
    for (const [fault, code, retryable] of answers) {
      const cloud = await cloudOf(t);
      cloud.faults = Array.from({ length: 50 }, () => fault);
      const ended = await cloud.run("create", t.word(), "1", t.word());
      const what = `a cloud that says ${JSON.stringify(fault)}: create`;
      const printed = parse(ended.stdout);
      if (ended.code !== 1 || printed?.code !== code || printed.retryable !== retryable)
        throw t.wrong(
          `${what} ended with ${ended.code ?? ended.signal} and ${lastWords(ended)}, expected 1 and {"code":"${code}","retryable":${retryable},…}`,
        );
      const [seen, expected] = [cloud.asked.length, retryable ? 6 : 1];
      if (seen !== expected)
        throw t.wrong(
          `${what} made ${seen} requests, expected ${expected} request${expected > 1 ? "s: there is an end to patience" : ": it will not get better"}`,
          "which errors are answers?",
        );
    }
    const cloud = await cloudOf(t);
    cloud.ends = "failed";
    const ended = await cloud.run("create", t.word(), "1", t.word());
    if (ended.code !== 1 || parse(ended.stdout)?.code !== "failed")
      throw t.wrong(
        `a cluster that comes to the state "failed": create says ${lastWords(ended)}, expected the code failed`,
      );
  },

  async pages(t) {
    const cloud = await cloudOf(t);
    cloud.pageSize = t.number(2, 5);
    for (let n = t.number(10, 20); n > 0; n--) cloud.add();
    cloud.faults = [{ status: 503 }];
    expectPrinted(t, "list", await cloud.run("list"), [...cloud.clusters.values()].map(shown), '"next"');
    const [first] = cloud.clusters.keys();
    const id = first ?? "";
    cloud.faults = ["lost"];
    cloud.answerMs = SHORT_MS;
    expectPrinted(
      t,
      "delete whose first answer was lost",
      await cloud.run("delete", id),
      { deleted: id },
      "gone is gone",
    );
    if (cloud.clusters.has(id)) throw t.wrong(`after delete ${id} is still there, expected it to be gone`);
    expectPrinted(t, "delete of what is gone", await cloud.run("delete", id), { deleted: id });
  },
};
