import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import t from "tap";
import { WebSocketServer } from "ws";
import { Namespace } from "../kinds/namespace.ts";
import { Node } from "../kinds/node.ts";
import { Pod } from "../kinds/pod/pod.ts";
import { makeCertificates } from "../test-support/certificates.ts";
import { type Answer, json, line, pod, podList, refuse, scriptedServer } from "../test-support/scripted-server.ts";
import type { Client } from "./client.ts";
import { type CreateClientOptions, createClient } from "./create-client.ts";

async function setUp(test: Pick<typeof t, "teardown">, answer: Answer, options?: CreateClientOptions) {
  const server = await scriptedServer(answer);
  const client = createClient(server.config, options);
  test.teardown(async () => {
    await client.close();
    await server.close();
  });
  return { server, client };
}

t.test("asks for the right things in the right way", async (t) => {
  const seen: { request: string; type: string | undefined; body: unknown }[] = [];
  const { client } = await setUp(
    t,
    ({ method, url, headers }, response, body) => {
      seen.push({
        request: `${method} ${url}`,
        type: headers["content-type"],
        body: body === "" ? undefined : JSON.parse(body),
      });
      t.equal(headers["user-agent"], "tester/1");
      json(response, 200, method === "GET" && url?.endsWith("?limit=5") ? podList(1, []) : pod("web", 1));
    },
    { userAgent: "tester/1" },
  );
  const key = { namespace: "n", name: "web" };
  const web = pod("web", 1);
  await client.get(Pod, key);
  await client.get(Node, { name: "node-1" });
  await client.list(Pod, { limit: 5 });
  await client.create(Pod, web, { dryRun: true, fieldValidation: "Strict" });
  await client.update(Pod, web, { fieldManager: "me" });
  await client.updateStatus(Pod, web);
  await client.patch(Pod, key, "merge", { a: 1 });
  await client.patch(Pod, key, "apply", { a: 1 }, { force: true, subresource: "status" });
  await client.delete(Pod, key, {
    gracePeriodSeconds: 0,
    propagationPolicy: "Foreground",
    preconditions: { uid: "u" },
  });
  await client.createSubresource(Pod, key, "binding", { target: { name: "node-1" } });
  const manager = "fieldManager=tester";
  t.same(seen, [
    { request: "GET /api/v1/namespaces/n/pods/web", type: undefined, body: undefined },
    { request: "GET /api/v1/nodes/node-1", type: undefined, body: undefined },
    { request: "GET /api/v1/pods?limit=5", type: undefined, body: undefined },
    {
      request: `POST /api/v1/namespaces/default/pods?dryRun=All&${manager}&fieldValidation=Strict`,
      type: "application/json",
      body: web,
    },
    { request: "PUT /api/v1/namespaces/default/pods/web?fieldManager=me", type: "application/json", body: web },
    { request: `PUT /api/v1/namespaces/default/pods/web/status?${manager}`, type: "application/json", body: web },
    { request: `PATCH /api/v1/namespaces/n/pods/web?${manager}`, type: "application/merge-patch+json", body: { a: 1 } },
    {
      request: `PATCH /api/v1/namespaces/n/pods/web/status?${manager}&force=true`,
      type: "application/apply-patch+yaml",
      body: { a: 1 },
    },
    {
      request: "DELETE /api/v1/namespaces/n/pods/web",
      type: "application/json",
      body: {
        apiVersion: "v1",
        kind: "DeleteOptions",
        gracePeriodSeconds: 0,
        propagationPolicy: "Foreground",
        preconditions: { uid: "u" },
      },
    },
    {
      request: `POST /api/v1/namespaces/n/pods/web/binding?${manager}`,
      type: "application/json",
      body: { target: { name: "node-1" } },
    },
  ]);
});

t.test("names are encoded: no name can lead elsewhere", async (t) => {
  const { client, server } = await setUp(t, (_request, response) => json(response, 200, pod("x", 1)));
  await client.get(Pod, { namespace: "a/../b", name: "../secrets?x=#" });
  await client.get(Node, { name: ".." });
  t.same(server.requests, [
    "GET /api/v1/namespaces/a%2F..%2Fb/pods/..%2Fsecrets%3Fx%3D%23",
    "GET /api/v1/nodes/%2E%2E",
  ]);
});

t.test("refusals become coded errors with the server's Status", async (t) => {
  const cases: [number, string, string][] = [
    [400, "BadRequest", "API_BAD_REQUEST"],
    [401, "Unauthorized", "API_UNAUTHORIZED"],
    [403, "Forbidden", "API_FORBIDDEN"],
    [404, "NotFound", "API_NOT_FOUND"],
    [405, "MethodNotAllowed", "API_METHOD_NOT_ALLOWED"],
    [409, "AlreadyExists", "API_ALREADY_EXISTS"],
    [409, "Conflict", "API_CONFLICT"],
    [410, "Expired", "API_EXPIRED"],
    [410, "Gone", "API_EXPIRED"],
    [415, "UnsupportedMediaType", "API_REFUSED"],
    [422, "Invalid", "API_INVALID"],
    [429, "TooManyRequests", "API_TOO_MANY_REQUESTS"],
    [500, "InternalError", "API_UNAVAILABLE"],
    [503, "ServiceUnavailable", "API_UNAVAILABLE"],
  ];
  let next: (typeof cases)[number] = [0, "", ""];
  const { client } = await setUp(t, (_request, response) => {
    response.setHeader("retry-after", "7");
    refuse(response, next[0], next[1], `no: ${next[1]}`);
  });
  for (const one of cases) {
    next = one;
    const [httpStatus, reason, code] = one;
    await t.rejects(client.get(Pod, { name: "web" }), {
      code,
      message: `no: ${reason}`,
      details: {
        httpStatus,
        retryAfterMs: 7000,
        status: { kind: "Status", reason },
        request: "GET /api/v1/namespaces/default/pods/web",
      },
    });
  }
});

t.test("an answer that is no Status still has its HTTP status, an answer that is no JSON is named", async (t) => {
  const { client } = await setUp(t, ({ url }, response) => {
    response.statusCode = url?.includes("bad") ? 502 : 200;
    response.end("<html>proxy</html>");
  });
  await t.rejects(client.get(Pod, { name: "bad" }), { code: "API_UNAVAILABLE", message: "<html>proxy</html>" });
  await t.rejects(client.get(Pod, { name: "odd" }), { code: "API_PROTOCOL" });
});

t.test("nobody there, a server that hangs, a client that is closed", async (t) => {
  const { client, server } = await setUp(t, () => {}, { requestTimeoutMs: 200 });
  await t.rejects(client.get(Pod, { name: "web" }), {
    code: "API_UNAVAILABLE",
    details: { reason: "UND_ERR_HEADERS_TIMEOUT" },
  });
  const reason = new Error("changed my mind");
  const changing = new AbortController();
  const waiting = t.rejects(client.get(Pod, { name: "web" }, { signal: changing.signal }), { message: reason.message });
  setTimeout(() => changing.abort(reason), 20);
  await waiting;
  await server.close();
  await t.rejects(client.get(Pod, { name: "web" }), { code: "API_UNAVAILABLE", details: { reason: "ECONNREFUSED" } });
  await client.close();
  await t.rejects(client.get(Pod, { name: "web" }), { code: "API_UNAVAILABLE", message: /has been closed/ });
});

t.test("a delete tells what is left", async (t) => {
  let answer: unknown = { kind: "Status", apiVersion: "v1", status: "Success" };
  const { client } = await setUp(t, (_request, response) => json(response, 200, answer));
  t.equal(await client.delete(Pod, { name: "web" }), undefined);
  answer = pod("web", 5);
  t.equal((await client.delete(Pod, { name: "web" }))?.metadata.resourceVersion, "5");
});

t.test("items of a list know what they are", async (t) => {
  const { client } = await setUp(t, (_request, response) =>
    json(response, 200, {
      kind: "NamespaceList",
      apiVersion: "v1",
      metadata: { resourceVersion: "1" },
      items: [{ metadata: { name: "a" } }],
    }),
  );
  t.match((await client.list(Namespace)).items, [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } }]);
});

t.test("watch: frames of any size, however they are cut", async (t) => {
  const big = pod("big", 2);
  big.metadata.annotations = { text: "ä€😀".repeat(300_000) };
  const bytes = Buffer.from(
    [
      `{"type":"ADDED","object":${JSON.stringify(pod("a", 1))}}`,
      "",
      `{"type":"MODIFIED","object":${JSON.stringify(big)}}`,
      `{"type":"DELETED","object":${JSON.stringify(pod("a", 3))}}`,
    ].join("\n"),
  );
  const { client, server } = await setUp(t, async (_request, response) => {
    // Pieces that cut through lines and characters; the last line has no newline.
    for (let at = 0; at < bytes.length; at += 65_537) {
      if (!response.write(bytes.subarray(at, at + 65_537)))
        await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  });
  const events: string[] = [];
  for await (const event of client.watch(Pod, { resourceVersion: "7", allowWatchBookmarks: true })) {
    events.push(`${event.type} ${event.object.metadata.resourceVersion}`);
    if (event.type === "MODIFIED") t.same(event.object, big);
  }
  t.same(events, ["ADDED 1", "MODIFIED 2", "DELETED 3"]);
  t.same(server.requests, ["GET /api/v1/pods?watch=true&resourceVersion=7&allowWatchBookmarks=true"]);
});

t.test("watch: its errors", async (t) => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    expired: (response) => {
      line(response, "ERROR", { kind: "Status", apiVersion: "v1", code: 410, reason: "Expired", message: "too old" });
    },
    refused: (response) => refuse(response, 403, "Forbidden", "not you"),
    garbage: (response) => void response.end("not json\n"),
    broken: (response) => {
      line(response, "ADDED", pod("a", 1));
      setTimeout(() => response.destroy(), 20);
    },
  };
  const { client } = await setUp(t, ({ url }, response) => {
    const which = new URL(url ?? "", "http://x").searchParams.get("labelSelector") ?? "";
    answers[which]?.(response);
  });
  const drain = async (labelSelector: string): Promise<void> => {
    for await (const _ of client.watch(Pod, { labelSelector }));
  };
  await t.rejects(drain("expired"), { code: "API_EXPIRED", message: "too old" });
  await t.rejects(drain("refused"), { code: "API_FORBIDDEN", message: "not you" });
  await t.rejects(drain("garbage"), { code: "API_PROTOCOL" });
  await t.rejects(drain("broken"), { code: "API_UNAVAILABLE" });
});

t.test("watch: ends when told to, and leaving it closes the connection", async (t) => {
  const closed: string[] = [];
  const { client } = await setUp(t, (request, response) => {
    line(response, "ADDED", pod("a", 1));
    response.on("close", () => closed.push(request.url ?? ""));
  });
  const stopping = new AbortController();
  for await (const _ of client.watch(Pod, { signal: stopping.signal })) stopping.abort();
  for await (const _ of client.watch(Pod)) break;
  for (let i = 0; closed.length < 2 && i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(closed.length, 2);
  t.same(await collect(client, AbortSignal.abort()), []);
});

async function collect(client: Client, signal: AbortSignal): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of client.watch(Pod, { signal })) events.push(event);
  return events;
}

t.test("stream: bytes as they come, errors like the others", async (t) => {
  const { client } = await setUp(t, ({ url, headers }, response, body) => {
    if (url === "/no") return refuse(response, 404, "NotFound", "no such path");
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(`${headers["content-type"]} ${body}`);
  });
  const { status, headers, body } = await client.stream("POST", "/x", { body: { a: 1 } });
  t.match({ status, type: headers["content-type"] }, { status: 200, type: "text/plain" });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  t.equal(Buffer.concat(chunks).toString(), 'application/json {"a":1}');
  await t.rejects(client.stream("GET", "/no"), { code: "API_NOT_FOUND", message: "no such path" });
});

t.test("many requests at once beside open watches", async (t) => {
  const { client } = await setUp(t, ({ url }, response) => {
    if (url?.includes("watch")) {
      line(response, "ADDED", pod("a", 1));
      return;
    }
    json(response, 200, pod("web", 1));
  });
  const stopping = new AbortController();
  const watches = Array.from({ length: 20 }, () => collect(client, stopping.signal));
  await Promise.all(Array.from({ length: 200 }, () => client.get(Pod, { name: "web" })));
  stopping.abort();
  await Promise.all(watches);
});

t.test("TLS: our certificate is shown, the server's is checked, WebSockets too", async (t) => {
  const certificates = await makeCertificates();
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  const server = createServer({
    ...certificates.server,
    ca: certificates.ca,
    requestCert: true,
    rejectUnauthorized: false,
  });
  const subject = (socket: Socket): string => {
    const peer =
      "getPeerCertificate" in socket ? (socket.getPeerCertificate as () => { subject?: { CN?: string } })() : {};
    return "authorized" in socket && socket.authorized ? (peer.subject?.CN ?? "") : "";
  };
  server.on("request", (request, response) =>
    json(response, 200, {
      ...pod("web", 1),
      as: subject(request.socket),
      authorization: request.headers.authorization,
    }),
  );
  server.on("upgrade", (request, socket, head) => {
    if (request.url?.startsWith("/no")) {
      const body = JSON.stringify({
        kind: "Status",
        apiVersion: "v1",
        code: 403,
        reason: "Forbidden",
        message: "not you",
      });
      socket.end(
        `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.send(subject(request.socket));
      accepted.on("message", (data) => accepted.send(data));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ server: address, ca: certificates.ca, ...certificates.client });
  const bearer = createClient({ server: address, ca: certificates.ca, token: "secret" });
  const stranger = createClient({ server: address, ca: (await makeCertificates()).ca });
  t.teardown(async () => {
    for (const one of [client, bearer, stranger]) await one.close();
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  t.match(await client.get(Pod, { name: "web" }), { as: "tester" });
  t.match(await bearer.get(Pod, { name: "web" }), { as: "", authorization: "Bearer secret" });
  await t.rejects(stranger.get(Pod, { name: "web" }), { code: "API_UNAVAILABLE" });

  const socket = await client.connect("/exec?command=ls", ["v5.channel.k8s.io"]);
  t.equal(socket.protocol, "v5.channel.k8s.io");
  const messages: string[] = [];
  await new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      messages.push(String(data));
      if (messages.length === 1) socket.send("echo");
      else resolve();
    });
  });
  t.same(messages, ["tester", "echo"]);
  socket.close();
  await t.rejects(client.connect("/no", ["v5.channel.k8s.io"]), { code: "API_FORBIDDEN", message: "not you" });
  await t.rejects(stranger.connect("/exec", ["v5.channel.k8s.io"]), { code: "API_UNAVAILABLE" });
});

t.test("a WebSocket whose first message comes with the answer loses nothing", async (t) => {
  const frame = Buffer.concat([Buffer.from([0x82, 5]), Buffer.from("hello")]);
  const server = createTcpServer((socket) => {
    socket.once("data", async (request) => {
      const { createHash } = await import("node:crypto");
      const key = /sec-websocket-key: (.*)\r\n/i.exec(request.toString())?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: p\r\n\r\n`;
      socket.write(Buffer.concat([Buffer.from(head), frame]));
    });
    socket.on("error", () => {
      // The client cuts the connection at the end.
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const client = createClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: "" });
  const socket = await client.connect("/exec", ["p"]);
  const message = await new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
  t.equal(message, "hello");
  socket.terminate();
});
