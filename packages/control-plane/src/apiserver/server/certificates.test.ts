/** Certificates that change or end while connections are open. */
import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { createClient, Namespace } from "@drydock/machinery";
import t from "tap";
import { renewCertificates } from "../../pki/renew.ts";
import { signCertificate } from "../../pki/sign.ts";
import { rawClient } from "../test-support/raw-client.ts";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { pki, server, admin } = plane;

/** The serial number of the certificate that the server shows to a new connection. */
async function shown(): Promise<string> {
  const socket: TLSSocket = connect({ host: "127.0.0.1", port: server.port, ca: pki.ca.cert });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

t.test("a certificate that is renewed on disk is shown without a restart", async (t) => {
  const before = await shown();
  t.equal(before, new X509Certificate(pki.certificates.apiserver.cert).serialNumber);
  const { cert, key } = pki.certificates.admin;
  const watcher = createClient({ server: server.url, ca: pki.ca.cert, cert, key });
  t.teardown(() => watcher.close());
  const events = watcher.watch(Namespace, {})[Symbol.asyncIterator]();
  await events.next();
  await renewCertificates(pki.directory, ["apiserver", "apiserver-client"]);
  const deadline = Date.now() + 5_000;
  while ((await shown()) === before && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  t.not(await shown(), before);
  const body = { metadata: { name: "after" } };
  t.equal((await admin.call("POST", "/api/v1/namespaces", { body })).status, 201, "open connections go on");
  for (let name = ""; name !== "after"; ) {
    const { value, done } = await events.next();
    if (done) throw new Error("the watch has ended");
    if (value.type !== "BOOKMARK") name = value.object.metadata.name;
  }
});

t.test("a connection does not outlive its client's certificate", async (t) => {
  const short = await signCertificate(pki.ca, { commonName: "guest", usages: ["client"], lifeMs: 2_000 });
  const guest = rawClient(server.url, { ca: pki.ca.cert, ...short });
  t.teardown(() => guest.close());
  t.equal((await guest.call("GET", "/api")).status, 200);
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  t.match((await guest.call("GET", "/api")).json, { code: 401, message: "Unauthorized" });
});

t.test("a bearer token that is none is refused, and a certificate comes first", async (t) => {
  const headers = { authorization: "Bearer abcdef.0123456789abcdef" };
  const anonymous = await plane.as();
  t.equal((await anonymous.call("GET", "/healthz", { headers })).status, 401, "not taken for anonymous");
  t.equal((await anonymous.call("GET", "/healthz", { headers: { authorization: "Basic x" } })).status, 401);
  t.equal((await admin.call("GET", "/api/v1/nodes", { headers })).status, 200);
});
