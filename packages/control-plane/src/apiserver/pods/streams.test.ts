import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import t from "tap";
import { WebSocket, WebSocketServer } from "ws";
import { issueServingCertificate } from "../../pki/issue.ts";
import { startTestControlPlane, type TestControlPlane } from "../test-support/start-control-plane.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin } = plane;
const pods = "/api/v1/namespaces/default/pods";

/**
 * What an agent serves to the API server, reduced to the protocol: logs as text, exec as an echo on v5.channel.k8s.io.
 */
async function startAgent({ pki }: TestControlPlane): Promise<{ server: Server; asked: string[]; users: string[] }> {
  const pair = await issueServingCertificate(pki, { commonName: "system:node:n", hosts: ["127.0.0.1"] });
  const asked: string[] = [];
  const users: string[] = [];
  const server = createServer(
    { ...pair, ca: pki.ca.cert, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      asked.push(request.url ?? "");
      users.push(String((request.socket as import("node:tls").TLSSocket).getPeerCertificate().subject.O));
      if (request.url?.includes("/missing/")) {
        response.writeHead(400).end('container "c" in pod "missing" is waiting to start: ContainerCreating');
        return;
      }
      response.write("first line\n");
      if (!request.url?.includes("follow=true")) response.end("last line\n");
      else setTimeout(() => response.end("later line\n"), 50);
    },
  );
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has("v5.channel.k8s.io") ? "v5.channel.k8s.io" : false),
  });
  server.on("upgrade", (request, socket, head) => {
    asked.push(request.url ?? "");
    if (request.url?.includes("/missing/")) {
      socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 19\r\n\r\ncontainer not found");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) =>
      client.on("message", (data, binary) => client.send(data, { binary })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, asked, users };
}

const agent = await startAgent(plane);
t.teardown(() => {
  agent.server.closeAllConnections();
  agent.server.close();
});
const { port } = agent.server.address() as AddressInfo;

await admin.call("POST", "/api/v1/nodes", {
  body: {
    metadata: { name: "n" },
    status: {
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    },
  },
});
const makePod = (name: string, spec: object = { nodeName: "n" }, containers = ["c"]) =>
  admin.call("POST", pods, {
    body: { metadata: { name }, spec: { ...spec, containers: containers.map((one) => ({ name: one, image: "i" })) } },
  });
await makePod("web");
await makePod("missing");
await makePod("two", { nodeName: "n" }, ["a", "b"]);
await makePod("unscheduled", {});
await makePod("lost", { nodeName: "nowhere" });

t.test("logs come from the agent, by our client certificate, with the options", async (t) => {
  const answer = await admin.call("GET", `${pods}/web/log?tailLines=5&timestamps=1&container=c`);
  t.equal(answer.text, "first line\nlast line\n");
  t.match(answer.headers["content-type"], "text/plain");
  t.equal(agent.asked.at(-1), "/containerLogs/default/web/c?timestamps=true&tailLines=5");
  t.equal(agent.users.at(-1), "drydock:apiserver");
  const lines: string[] = [];
  for await (const line of admin.lines(`${pods}/web/log?follow=true`)) lines.push(line);
  t.same(lines, ["first line", "later line"]);
});

t.test("logs that there are not, each for its reason", async (t) => {
  t.match((await admin.call("GET", `${pods}/none/log`)).json, { code: 404, message: 'pods "none" not found' });
  t.match((await admin.call("GET", `${pods}/two/log`)).json, {
    code: 400,
    message: "a container name must be specified for pod two, choose one of: [a b]",
  });
  t.match((await admin.call("GET", `${pods}/web/log?container=x`)).json, {
    code: 400,
    message: "container x is not valid for pod web",
  });
  t.match((await admin.call("GET", `${pods}/missing/log`)).json, {
    code: 400,
    message: 'container "c" in pod "missing" is waiting to start: ContainerCreating',
  });
  t.match((await admin.call("GET", `${pods}/lost/log`)).json, { code: 404, message: 'nodes "nowhere" not found' });
  t.equal((await admin.call("GET", `${pods}/unscheduled/log`)).text, "");
});

function open(path: string, protocols: string[], identity = plane.pki.certificates.admin): WebSocket {
  const { cert, key } = identity;
  return new WebSocket(`${plane.server.url.replace("https", "wss")}${path}`, protocols, {
    ca: plane.pki.ca.cert,
    cert,
    key,
  });
}

/** The Status of a refused upgrade. */
function refusal(socket: WebSocket): Promise<{ code?: number; message?: string }> {
  return new Promise((resolve, reject) => {
    socket.on("open", () => reject(new Error("the upgrade was not refused")));
    socket.on("error", () => {});
    socket.on("unexpected-response", async (_request, response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      resolve(JSON.parse(text));
    });
  });
}

t.test("exec: frames pass both ways unchanged, in the protocol that the agent chose", async (t) => {
  const socket = open(`${pods}/web/exec?command=sh&command=-c&command=echo+hi&stdin=true&stdout=1&tty=false`, [
    "v4.channel.k8s.io",
    "v5.channel.k8s.io",
  ]);
  await new Promise((resolve) => socket.once("open", resolve));
  t.equal(socket.protocol, "v5.channel.k8s.io");
  t.equal(
    agent.asked.at(-1),
    "/exec/default/web/c?stdin=true&stdout=true&tty=false&command=sh&command=-c&command=echo+hi",
  );
  const big = Buffer.alloc(300_000, 7);
  const received: Buffer[] = [];
  socket.on("message", (data: Buffer) => received.push(data));
  for (const frame of [Buffer.from([0, 1, 2]), big, Buffer.from([255, 0])]) socket.send(frame);
  while (received.length < 3) await new Promise((resolve) => socket.once("message", () => setImmediate(resolve)));
  t.same(received[0], Buffer.from([0, 1, 2]));
  t.ok(received[1]?.equals(big));
  t.same(received[2], Buffer.from([255, 0]));
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  socket.close(1000);
  t.equal(await closed, 1000, "and the end arrives, too");
});

t.test("upgrades that are refused get a Status", async (t) => {
  const v5 = ["v5.channel.k8s.io"];
  t.match(await refusal(open(`${pods}/none/exec?command=id`, v5)), { code: 404, message: 'pods "none" not found' });
  t.match(await refusal(open(`${pods}/missing/exec?command=id`, v5)), { code: 404, message: "container not found" });
  t.match(await refusal(open(`${pods}/two/attach`, v5)), { code: 400, message: /a container name must be specified/ });
  t.match(await refusal(open(`${pods}/unscheduled/exec?command=id`, v5)), {
    code: 400,
    message: "pod unscheduled does not have a host assigned",
  });
  t.match((await admin.call("GET", `${pods}/web/exec?command=id`)).json, {
    code: 400,
    message: "Upgrade request required",
  });
  const spdy = await admin.call("POST", `${pods}/web/exec?command=id`, {
    headers: { connection: "Upgrade", upgrade: "SPDY/3.1" },
  });
  t.match(spdy.json, { code: 400, message: /streams over WebSocket only, not SPDY\/3.1/ });
});

t.test("an agent that is away is said to be", async (t) => {
  await admin.call("POST", "/api/v1/nodes", {
    body: {
      metadata: { name: "down" },
      status: {
        addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
        daemonEndpoints: { kubeletEndpoint: { Port: 1 } },
      },
    },
  });
  await makePod("far", { nodeName: "down" });
  t.match((await admin.call("GET", `${pods}/far/log`)).json, {
    code: 503,
    message: /error dialing node agent at 127.0.0.1:1/,
  });
  t.match(await refusal(open(`${pods}/far/exec?command=id`, ["v5.channel.k8s.io"])), { code: 503 });
});
