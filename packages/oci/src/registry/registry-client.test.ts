import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Clock, silentLogger } from "@drydock/kit";
import t from "tap";
import { digestOf } from "../digest.ts";
import { parseReference } from "../reference/parse-reference.ts";
import { selfSignedCertificate, type TestCertificate } from "../testing/certificates.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { RegistryClient, type RegistryClientOptions } from "./registry-client.ts";

/** A registry that misbehaves as told. Returns its host:port and what it was asked. */
async function serve(t: Tap, answer: RequestListener, certificate?: TestCertificate) {
  const requests: { url: string; headers: IncomingMessage["headers"] }[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push({ url: request.url ?? "", headers: request.headers });
    answer(request, response);
  };
  const server = certificate
    ? createTlsServer({ key: certificate.key, cert: certificate.certificate }, listener)
    : createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

type Tap = { teardown(action: () => unknown): void };

/** Does not wait, but tells how long it would have. */
function impatientClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => Date.now(),
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
}

function client(t: Tap, host: string, options: Partial<RegistryClientOptions> = {}): RegistryClient {
  const made = new RegistryClient(parseReference(`${host}/team/app:1`), {
    clock: impatientClock(),
    logger: silentLogger,
    ...options,
  });
  t.teardown(() => made.close());
  return made;
}

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
const blob = { mediaType: "", digest: digestOf(content), size: content.length };

async function download(from: RegistryClient, signal?: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of from.blob(blob, signal)) parts.push(chunk);
  return Buffer.concat(parts);
}

function breakAfter(response: ServerResponse, bytes: Buffer): void {
  response.write(bytes, () => setTimeout(() => response.destroy(), 5));
}

t.test("a download that breaks is taken up where it broke", async (t) => {
  const { host, requests } = await serve(t, ({ headers }, response) => {
    const start = Number(/^bytes=([0-9]+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    const range = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": content.length - start,
      ...(start > 0 ? range : {}),
    });
    const rest = content.subarray(start);
    if (start + 50_000 < content.length) breakAfter(response, rest.subarray(0, 50_000));
    else response.end(rest);
  });
  t.ok((await download(client(t, host))).equals(content), "more breaks than attempts, because each brought something");
  t.ok(requests.length >= 6);
  t.match(requests[1]?.headers, { range: /^bytes=[1-9][0-9]*-$/ });
});

t.test("a server without ranges sends all again; what we have is skipped", async (t) => {
  let request = 0;
  const { host } = await serve(t, (_, response) => {
    response.writeHead(200, { "content-length": content.length });
    if (++request < 3) breakAfter(response, content.subarray(0, 70_000 * request));
    else response.end(content);
  });
  t.ok((await download(client(t, host))).equals(content));
  t.equal(request, 3);
});

t.test("a server that breaks at the same place each time is given up", async (t) => {
  const { host, requests } = await serve(t, (_, response) => {
    response.writeHead(200, { "content-length": content.length });
    breakAfter(response, content.subarray(0, 1000));
  });
  await t.rejects(download(client(t, host)), { code: "IMAGE_REGISTRY_UNREACHABLE" });
  t.equal(requests.length, 5);
});

t.test("server errors are tried again with growing delays, and as late as the server asks", async (t) => {
  let request = 0;
  const { host } = await serve(t, (_, response) => {
    request++;
    if (request === 1) response.writeHead(503).end();
    else if (request === 2) response.writeHead(429, { "retry-after": "7" }).end();
    else response.writeHead(200, { "content-length": content.length }).end(content);
  });
  const clock = impatientClock();
  await download(client(t, host, { clock }));
  t.equal(clock.slept.length, 2);
  t.ok((clock.slept[0] as number) <= 200);
  t.equal(clock.slept[1], 7_000);
});

t.test("a server that stays broken: the last answer is told", async (t) => {
  const { host, requests } = await serve(t, (_, response) => {
    response.writeHead(500).end(JSON.stringify({ errors: [{ code: "UNKNOWN", message: "disk full" }] }));
  });
  await t.rejects(client(t, host).manifest("1"), { code: "IMAGE_REGISTRY_UNREACHABLE", message: /500.*disk full/ });
  t.equal(requests.length, 5);
});

t.test("credentials never go where a blob is redirected", async (t) => {
  const credentials = { username: "anna", password: "secret" };
  const storage = await serve(t, (_, response) => {
    response.writeHead(200, { "content-length": content.length }).end(content);
  });
  const registry = await serve(t, ({ headers }, response) => {
    if (headers.authorization === undefined) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
    } else {
      response.writeHead(307, { location: `http://${storage.host}/bucket/x?signature=1` }).end();
    }
  });
  t.ok((await download(client(t, registry.host, { credentials }))).equals(content));
  t.match(
    registry.requests.map(({ headers }) => typeof headers.authorization),
    ["undefined", "string"],
  );
  t.equal(storage.requests.length, 1);
  t.equal(storage.requests[0]?.headers.authorization, undefined);
  t.equal(storage.requests[0]?.url, "/bucket/x?signature=1");
});

t.test("the host of a redirect cannot ask for our password", async (t) => {
  const credentials = { username: "anna", password: "secret" };
  const storage = await serve(t, (_, response) => {
    response.writeHead(401, { "www-authenticate": 'Basic realm="phishing"' }).end();
  });
  const registry = await serve(t, (_, response) => {
    response.writeHead(302, { location: `http://${storage.host}/` }).end();
  });
  await t.rejects(download(client(t, registry.host, { credentials })), { code: "IMAGE_UNAUTHORIZED" });
  for (const { headers } of [...storage.requests, ...registry.requests]) t.equal(headers.authorization, undefined);
});

t.test("redirects without end", async (t) => {
  const { host, requests } = await serve(t, ({ url }, response) => {
    response.writeHead(302, { location: `${url}x` }).end();
  });
  await t.rejects(download(client(t, host)), { code: "IMAGE_REGISTRY_UNREACHABLE", message: /redirects more than/ });
  t.equal(requests.length, 6);
});

t.test("from TLS to plain HTTP: neither by redirect nor to a token server, unless the host is listed", async (t) => {
  const certificate = await selfSignedCertificate(await temporaryDirectory(t), "registry");
  const ca = certificate.certificate;
  const other = await serve(t, ({ url }, response) => {
    response.end(url?.startsWith("/token") ? JSON.stringify({ token: "t" }) : content);
  });
  const redirecting = await serve(
    t,
    (_, response) => {
      response.writeHead(307, { location: `http://${other.host}/` }).end();
    },
    certificate,
  );
  await t.rejects(download(client(t, redirecting.host, { ca })), { message: /is not TLS/ });
  const insecureRegistries = [other.host];
  t.ok((await download(client(t, redirecting.host, { ca, insecureRegistries }))).equals(content));
  const challenging = await serve(
    t,
    (_, response) => {
      response.writeHead(401, { "www-authenticate": `Bearer realm="http://${other.host}/token"` }).end();
    },
    certificate,
  );
  other.requests.length = 0;
  const credentials = { username: "anna", password: "secret" };
  await t.rejects(client(t, challenging.host, { ca, credentials }).manifest("1"), {
    code: "IMAGE_UNAUTHORIZED",
    message: /without TLS/,
  });
  t.equal(other.requests.length, 0);
});

t.test("a token that expires during a pull is renewed", async (t) => {
  let tokens = 0;
  const { host } = await serve(t, ({ url, headers }, response) => {
    if (url?.startsWith("/token")) response.end(JSON.stringify({ access_token: `t${++tokens}` }));
    else if (headers.authorization === `Bearer t${tokens}` && tokens > 0) response.end("{}");
    else response.writeHead(401, { "www-authenticate": `Bearer realm="http://${host}/token",service="s"` }).end();
  });
  const registry = client(t, host);
  await registry.manifest("1");
  await registry.manifest("1");
  t.equal(tokens, 1);
  tokens++;
  await registry.manifest("1");
  t.equal(tokens, 3);
});

t.test("a registry that says nothing is given up after the idle time", async (t) => {
  let request = 0;
  const { host } = await serve(t, (_, response) => {
    // Once silent from the start, then in the middle.
    if (++request > 1) response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 10));
  });
  await t.rejects(download(client(t, host, { idleTimeoutMs: 50 })), {
    code: "IMAGE_REGISTRY_UNREACHABLE",
    message: /for 50 ms/,
  });
  t.ok(request >= 5);
});

t.test("an abort ends a download at once, with its own reason", async (t) => {
  const { host } = await serve(t, (_, response) => {
    response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 10));
  });
  const abort = new AbortController();
  const reason = new Error("Ctrl-C");
  setTimeout(() => abort.abort(reason), 50);
  await t.rejects(download(client(t, host), abort.signal), reason);
  await t.rejects(download(client(t, host), AbortSignal.abort(reason)), reason);
});

t.test("a manifest with another digest, a huge one, and a page of HTML", async (t) => {
  const { host } = await serve(t, ({ url }, response) => {
    if (url?.endsWith("/huge")) response.end(Buffer.alloc(5 * 2 ** 20, " "));
    else if (url?.endsWith("/html")) response.writeHead(404).end("<html>");
    else response.writeHead(200, { "docker-content-digest": digestOf("other") }).end("{}");
  });
  await t.rejects(client(t, host).manifest("1"), { code: "IMAGE_DIGEST_MISMATCH" });
  await t.rejects(client(t, host).manifest(digestOf("other")), { code: "IMAGE_DIGEST_MISMATCH" });
  await t.rejects(client(t, host).manifest("huge"), { code: "IMAGE_MALFORMED" });
  await t.rejects(client(t, host).manifest("html"), { code: "IMAGE_UNKNOWN", message: /team\/app:html$/ });
});
