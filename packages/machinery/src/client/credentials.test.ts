/** A client that gets another certificate while it works, on a real TLS server that says whom it sees. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import t from "tap";
import { makeCertificates } from "../test-support/certificates.ts";
import { selfSigned } from "../test-support/self-signed.ts";
import { createClient } from "./create-client.ts";

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3600_000 };

t.test("new connections show the new certificate; what is under way ends in peace", async (t) => {
  const { ca, server: tls } = await makeCertificates();
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.write(subject.CN);
    if (request.url !== "/slow") response.end();
    else setTimeout(() => response.end(" to the end"), 300);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  let shown = await selfSigned("first", validity);
  const client = createClient(
    { server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca },
    { credentials: () => shown },
  );
  t.teardown(() => client.close());
  const read = async (path: string): Promise<string> => {
    let text = "";
    for await (const chunk of (await client.stream("GET", path)).body) text += Buffer.from(chunk).toString();
    return text;
  };

  t.equal(await read("/"), "first");
  t.equal(await read("/"), "first");
  const slow = read("/slow");
  await new Promise((resolve) => setTimeout(resolve, 50));
  shown = await selfSigned("second", validity);
  t.equal(await read("/"), "second");
  t.equal(await read("/"), "second");
  t.equal(await slow, "first to the end");
  const cut = read("/slow");
  cut.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  shown = await selfSigned("third", validity);
  t.equal(await read("/"), "third");
  await client.close();
  await t.rejects(cut, "closing ends what is left on every connection");
});
