import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { createConnection } from "node:net";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

interface Server extends Running {
  port: number;
  data: string;
}

let nextPort = 20_000;

async function serve(t: CheckTools): Promise<Server> {
  nextPort += t.number(1, 50);
  const port = nextPort;
  const data = `${t.scratch}/${t.word()}`;
  mkdirSync(data);
  const child = await t.start("server.ts", [], { env: { PORT: String(port), DATA: data } });
  const up = await t.until(() => child.stdout.includes("listening"), 20_000);
  if (!up)
    throw t.wrong(
      `the server did not say "listening" but: ${(child.stdout + child.stderr).slice(0, 200)}`,
      "PORT=8080 DATA=. node server.ts",
    );
  return Object.assign(Object.create(child), { port, data, pid: child.pid, ended: child.ended }) as Server;
}

interface Answer {
  status: number;
  body: string;
}

/** A request; status 0 when there is no answer. */
function ask(server: Server, path: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve) => {
    const request = get(
      { host: "127.0.0.1", port: server.port, path, timeout: 15_000, ...(agent ? { agent } : {}) },
      (response: IncomingMessage) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response
          .on("end", () => resolve({ status: response.statusCode ?? 0, body }))
          .on("error", () => resolve({ status: 0, body }));
      },
    );
    request.on("error", (error) => resolve({ status: 0, body: error.message }));
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function logOf(server: Server): Record<string, unknown>[] {
  return server.stderr
    .split("\n")
    .map(parse)
    .filter((line) => line !== undefined);
}

export const steps: LabCheck = {
  async answers(t) {
    const server = await serve(t);
    const [id, value] = [t.word(), t.word()];
    writeFileSync(`${server.data}/${id}.json`, JSON.stringify({ value }));
    const found = await ask(server, `/items/${id}`);
    if (found.status !== 200 || parse(found.body)?.value !== value)
      throw t.wrong(
        `GET /items/${id} is ${found.status} ${found.body.trim().slice(0, 80)}, expected 200 and the file's content`,
      );
    const none = await ask(server, "/items/none");
    if (none.status !== 404)
      throw t.wrong(
        `an item that does not exist is ${none.status}, expected 404`,
        "which error has readFile when there is no file? Only that one is a 404",
      );
    if (typeof parse(none.body)?.error !== "string")
      throw t.wrong(`the body of the 404 is ${JSON.stringify(none.body.slice(0, 80))}, expected {"error": "…"}`);
    writeFileSync(`${server.data}/../secret-${id}.json`, '{"secret":true}');
    const outside = await new Promise<string>((resolve) => {
      // Not by a URL: that would remove the dots before they are sent.
      const socket = createConnection(server.port, "127.0.0.1", () =>
        socket.write(`GET /items/..%2fsecret-${id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      );
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.on("close", () => resolve(text)).on("error", () => resolve(text));
    });
    if (outside.includes('secret":true'))
      throw t.wrong(
        "GET /items/..%2fsecret answered with a file beside the data, expected 404",
        "what may an id be made of?",
      );
  },

  async logs(t) {
    const server = await serve(t);
    const path = `/items/${t.word()}`;
    await ask(server, path);
    await ask(server, "/ready");
    const lines = await t.until(() => {
      const found = logOf(server).filter(({ message }) => message === "request");
      return found.length >= 2 && found;
    }, 3000);
    const hint = "one JSON.stringify a line on standard error, when the response is finished";
    if (!lines)
      throw t.wrong(
        `after two requests the log has ${logOf(server).length} lines with "message": "request", expected 2: ${JSON.stringify(server.stderr.slice(0, 100))}`,
        hint,
      );
    const [first, second] = lines;
    for (const [field, expected] of [
      ["method", "GET"],
      ["path", path],
      ["status", 404],
    ] as const) {
      if (first?.[field] !== expected)
        throw t.wrong(
          `${field} in the log is ${JSON.stringify(first?.[field])}, expected ${JSON.stringify(expected)}`,
          hint,
        );
    }
    if (typeof first?.ms !== "number" || Number.isNaN(Date.parse(String(first.time))))
      throw t.wrong(
        `ms is ${JSON.stringify(first?.ms)} and time ${JSON.stringify(first?.time)}, expected a number and a date`,
        hint,
      );
    if (!first.id || first.id === second?.id)
      throw t.wrong(
        `two requests have the ids ${JSON.stringify([first.id, second?.id])}, expected two that differ`,
        "crypto.randomUUID()",
      );
    const noise = server.stderr.split("\n").filter((line) => line !== "" && !parse(line));
    if (noise.length > 0)
      throw t.wrong(`standard error has a line that is no JSON: ${noise[0]?.slice(0, 80)}, expected log lines only`);
  },

  async wrapped(t) {
    const server = await serve(t);
    const id = t.word();
    writeFileSync(`${server.data}/${id}.json`, "{ broken");
    const { status, body } = await ask(server, `/items/${id}`);
    if (status !== 500) throw t.wrong(`an item whose file is broken is ${status}, expected 500`);
    if (parse(body)?.error !== "internal error")
      throw t.wrong(
        `the answer to the client is ${JSON.stringify(body.slice(0, 100))}, expected {"error":"internal error"} and nothing of what is inside`,
        "a message of an error is for the log",
      );
    const failed = await t.until(() => logOf(server).find(({ message }) => message === "request failed"), 3000);
    if (!failed) throw t.wrong('the log has no line with "message": "request failed", expected one');
    if (!String(failed.error).includes(id))
      throw t.wrong(
        `error in the log is ${JSON.stringify(failed.error)}, expected a sentence that names ${id}`,
        "new Error(message, { cause })",
      );
    if (!/JSON/.test(String(failed.cause)))
      throw t.wrong(
        `cause in the log is ${JSON.stringify(failed.cause)}, expected what JSON.parse said`,
        "error.cause.message",
      );
    if ((await ask(server, "/ready")).status !== 200)
      throw t.wrong("after a failure the server does not answer any more, expected it to go on");
  },

  async cancelled(t) {
    const server = await serve(t);
    const socket = createConnection(server.port, "127.0.0.1", () =>
      socket.write("GET /slow?ms=20000 HTTP/1.1\r\nHost: x\r\n\r\n"),
    );
    socket.on("error", () => {});
    await t.until(() => false, 300);
    socket.destroy();
    const line = await t.until(() => logOf(server).find(({ message }) => message === "cancelled"), 3000);
    if (!line)
      throw t.wrong(
        'a client went away during /slow?ms=20000, and the log has no "message": "cancelled", expected it at once',
        "the response has an event close; timers/promises takes a signal",
      );
    const done = await ask(server, "/slow?ms=50");
    if (done.status !== 200 || logOf(server).filter(({ message }) => message === "cancelled").length !== 1)
      throw t.wrong(
        "a request whose client stayed was cancelled, too, expected 200 for it",
        "close comes after every response: was it finished?",
      );
  },

  async graceful(t) {
    const server = await serve(t);
    const agent = new Agent({ keepAlive: true });
    await ask(server, "/ready", agent);
    const inHand = ask(server, "/slow?ms=1500");
    await t.until(() => false, 300);
    server.kill("SIGTERM");
    await t.until(() => false, 300);
    const late = await ask(server, "/slow?ms=1");
    if (late.status === 200)
      throw t.wrong(
        "a new request after SIGTERM was answered with 200, expected no connection or 503",
        "server.close() takes no new connection",
      );
    const { status } = await inHand;
    if (status !== 200)
      throw t.wrong(
        `the request in hand when SIGTERM came had ${status === 0 ? "no answer" : `status ${status}`}, expected 200`,
        "process.exit ends everything at once: who is still waiting?",
      );
    const ended = await Promise.race([server.ended, t.until(() => undefined, 5000)]);
    agent.destroy();
    if (!ended)
      throw t.wrong(
        "5 s after the last answer the server is still there, expected it to end",
        "an idle connection that is kept alive keeps the server, too: closeIdleConnections",
      );
    if (ended.code !== 0) throw t.wrong(`the server ended with ${ended.code ?? ended.signal}, expected 0`);
  },
};
