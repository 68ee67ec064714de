import { connect, type TLSSocket } from "node:tls";
import t from "tap";
import { rawClient } from "../test-support/raw-client.ts";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin } = plane;
const maps = "/api/v1/namespaces/default/configmaps";

/** A client that begins a request and does not send all of it. */
function openUnfinished(): Promise<TLSSocket> {
  const { cert, key } = plane.pki.certificates.admin;
  return new Promise((resolve, reject) => {
    const socket = connect({ port: plane.server.port, host: "127.0.0.1", ca: plane.pki.ca.cert, cert, key }, () => {
      socket.write(
        `POST ${maps} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
      );
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

const inFlight = async (): Promise<number> => {
  const { text } = await admin.call("GET", "/metrics");
  return Number(/apiserver_current_inflight_requests\{request_kind="mutating"\} (\d+)/.exec(text)?.[1]);
};

async function until(check: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 250 && !(await check()); i++) await new Promise((resolve) => setTimeout(resolve, 20));
}

t.test("more writes at once than the server holds are sent away, reads and watches are not", async (t) => {
  const sockets = await Promise.all(Array.from({ length: 200 }, openUnfinished));
  await until(async () => (await inFlight()) === 200);
  const refused = await admin.call("POST", maps, { body: { metadata: { name: "late" } } });
  t.match(refused.json, { code: 429, reason: "TooManyRequests", details: { retryAfterSeconds: 1 } });
  t.equal(refused.headers["retry-after"], "1");
  t.equal((await admin.call("GET", maps)).status, 200);

  for (const socket of sockets) socket.destroy();
  await until(async () => (await inFlight()) === 0);
  t.equal(await inFlight(), 0, "clients that went away hold no place");
  t.equal((await admin.call("POST", maps, { body: { metadata: { name: "late" } } })).status, 201);
});

t.test("watchers that go away are forgotten", async (t) => {
  const watchers = async (): Promise<number> => {
    const { text } = await admin.call("GET", "/metrics");
    return Number(/apiserver_longrunning_requests\{group="",resource="configmaps"\} (\d+)/.exec(text)?.[1]);
  };
  const ending = new AbortController();
  const opened = Array.from({ length: 20 }, async () => {
    const lines = admin.lines(`${maps}?watch=true`, { signal: ending.signal })[Symbol.asyncIterator]();
    await lines.next();
    return lines;
  });
  await Promise.all(opened);
  await until(async () => (await watchers()) === 20);
  t.equal(await watchers(), 20);
  ending.abort();
  await until(async () => (await watchers()) === 0);
  t.equal(await watchers(), 0);
});

t.test("a server that closes ends its watches in order, and answers what it has begun", async (t) => {
  const another = await plane.startAnother();
  const client = rawClient(another.url, { ca: plane.pki.ca.cert, ...plane.pki.certificates.admin });
  t.teardown(() => client.close());
  const lines: string[] = [];
  const watching = (async () => {
    for await (const line of client.lines(`${maps}?watch=true`)) lines.push(line);
  })();
  while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const began = performance.now();
  await another.close();
  await watching;
  t.ok(performance.now() - began < 500, "without waiting for the grace period");
  await another.close();
  t.pass("closing twice is closing once");
});
