import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { silentLogger } from "@drydock/kit";
import type { Container, Probe } from "@drydock/machinery";
import type { ExecSession } from "@drydock/runtime";
import t from "tap";
import type { ContainerHealth } from "../pods/view.ts";
import { ContainerProber } from "./container-prober.ts";
import { initialProbeState, nextProbeDelayMs, nextProbeState } from "./probe-state.ts";
import { portNumber, runProbe } from "./run-probe.ts";

t.test("thresholds", async (t) => {
  const probe: Probe = { failureThreshold: 2, successThreshold: 2 };
  const verdicts: string[] = [];
  let state = initialProbeState;
  for (const ok of [true, true, false, true, false, false, true, true]) {
    state = nextProbeState(state, ok, probe);
    verdicts.push(state.verdict);
  }
  t.same(verdicts, ["unknown", "success", "success", "success", "success", "failure", "failure", "success"]);
});

t.test("rhythm: soon at first, then by the period", async (t) => {
  const probe: Probe = { periodSeconds: 10 };
  const delays = [1, 2, 3, 6, 7].map((tries) => nextProbeDelayMs("readiness", probe, initialProbeState, tries));
  t.same(delays, [20, 40, 80, 640, 10_000]);
  t.equal(nextProbeDelayMs("readiness", probe, { verdict: "success", successes: 1, failures: 0 }, 1), 10_000);
  t.equal(nextProbeDelayMs("liveness", probe, initialProbeState, 1), 10_000);
});

async function listen(
  t: { teardown(end: () => void): void },
  server: ReturnType<typeof createTcpServer> | ReturnType<typeof createServer>,
) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

const container: Container = { name: "web", ports: [{ name: "http", containerPort: 8080 }] };
const target = { podIP: "127.0.0.1", container, exec: () => Promise.reject(new Error("no exec here")) };

t.test("http", async (t) => {
  const port = await listen(
    t,
    createServer((request, response) => {
      if (request.url === "/slow") return;
      response.statusCode = request.url === "/bad" ? 503 : request.headers["x-test"] === "1" ? 302 : 200;
      response.end("ok");
    }),
  );
  const get = (path: string, extra: object = {}) => runProbe({ httpGet: { path, port, ...extra } }, target);
  t.match(await get("/"), { ok: true });
  t.match(
    await get("/", { httpHeaders: [{ name: "X-Test", value: "1" }] }),
    { ok: true },
    "redirects are success and are not followed",
  );
  t.match(await get("/bad"), { ok: false, message: "HTTP probe failed with statuscode: 503" });
  t.match(await get("/slow"), { ok: false, message: /context deadline exceeded/ });
  t.match(await runProbe({ httpGet: { port: 1 } }, target), { ok: false, message: /ECONNREFUSED/ });
});

t.test("tcp", async (t) => {
  const port = await listen(
    t,
    createTcpServer((socket) => socket.end()),
  );
  t.match(await runProbe({ tcpSocket: { port } }, target), { ok: true });
  t.match(await runProbe({ tcpSocket: { port: 1 } }, target), { ok: false, message: /ECONNREFUSED/ });
});

function session(code: number, output: string, endsAfterMs: number): ExecSession {
  const stdout = new PassThrough();
  stdout.end(output);
  return {
    pid: 1,
    stdin: new Writable({ write: (_chunk, _encoding, done) => done() }),
    stdout,
    resize: () => {},
    kill: () => {},
    exit: new Promise((resolve) => setTimeout(() => resolve({ code }), endsAfterMs)),
  };
}

t.test("exec", async (t) => {
  const run = (one: ExecSession) =>
    runProbe({ exec: { command: ["true"] } }, { ...target, exec: () => Promise.resolve(one) });
  t.match(await run(session(0, "", 1)), { ok: true });
  t.match(await run(session(3, "broken\n", 5)), { ok: false, message: "broken" });
  t.match(await run(session(0, "", 3_000)), { ok: false, message: "command timed out after 1s" });
  t.match(await runProbe({ exec: { command: ["true"] } }, target), { ok: false, message: "no exec here" });
});

t.test("ports by name", async (t) => {
  t.equal(portNumber("http", container), 8080);
  t.equal(portNumber("99", container), 99);
  t.throws(() => portNumber("nope", container), { code: "AGENT_BAD_REQUEST" });
});

t.test("a server that comes up late is ready soon after, and a failing one is reported", async (t) => {
  const healths: ContainerHealth[] = [];
  const failures: string[] = [];
  let up = false;
  const port = await listen(
    t,
    createServer((_request, response) => {
      response.statusCode = up ? 200 : 500;
      response.end();
    }),
  );
  const probe: Probe = { httpGet: { port }, periodSeconds: 10 };
  const prober = new ContainerProber(
    { ...container, startupProbe: probe, readinessProbe: probe, livenessProbe: { ...probe, failureThreshold: 1 } },
    {
      target,
      startedAt: Date.now(),
      ready: false,
      started: false,
      onChange: (health) => healths.push(health),
      onFailure: (kind) => failures.push(kind),
      now: Date.now,
      logger: silentLogger,
    },
  );
  t.teardown(() => prober.stop());
  t.same(prober.health, { started: false, ready: false });
  prober.start();
  await new Promise((resolve) => setTimeout(resolve, 70));
  t.same(failures, [], "early tries do not count");
  up = true;
  const deadline = Date.now() + 2_000;
  while (!prober.health.ready && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  t.same(healths, [
    { started: true, ready: false },
    { started: true, ready: true },
  ]);
});
