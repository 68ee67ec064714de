import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { certificateStatuses } from "./certificate-status.ts";
import { ensurePki } from "./ensure-pki.ts";
import { renewable, renewCertificates } from "./renew.ts";

const directory = await mkdtemp(join(tmpdir(), "drydock-renew-"));
t.teardown(() => rm(directory, { recursive: true, force: true }));
const before = await ensurePki(join(directory, "pki"), { hosts: ["10.1.2.3", "api.example.org"] });

t.test("what there is, and until when", async (t) => {
  const all = await certificateStatuses(before.directory);
  t.same(
    all.map(({ name }) => name),
    ["ca", "etcd-ca", ...renewable].sort(),
  );
  const server = all.find(({ name }) => name === "apiserver");
  t.match(server, { subject: "drydock-apiserver", issuer: "drydock-ca", isAuthority: false });
  for (const host of ["10.1.2.3", "api.example.org", "::1", "kubernetes"]) t.ok(server?.hosts.includes(host), host);
  t.equal(all.filter(({ isAuthority }) => isAuthority).length, 2);
  t.same(await certificateStatuses(join(directory, "nowhere")), []);
});

t.test("one is renewed with its hosts, the others are left alone", async (t) => {
  t.same(await renewCertificates(before.directory, ["apiserver"]), ["apiserver"]);
  const after = await ensurePki(before.directory, { hosts: [] });
  t.not(after.certificates.apiserver.cert, before.certificates.apiserver.cert);
  t.not(after.certificates.apiserver.key, before.certificates.apiserver.key);
  t.equal(after.certificates.admin.cert, before.certificates.admin.cert);
  const certificate = new X509Certificate(after.certificates.apiserver.cert);
  t.equal(certificate.checkIP("10.1.2.3"), "10.1.2.3");
  t.ok(certificate.verify(new X509Certificate(before.ca.cert).publicKey), "by the same authority");
});

t.test("all are renewed, a damaged one too; the authorities are not", async (t) => {
  await writeFile(join(before.directory, "admin.pem"), "rubbish");
  t.same(await renewCertificates(before.directory), renewable);
  const after = await ensurePki(before.directory, { hosts: [] });
  t.equal(after.ca.cert, before.ca.cert);
  for (const name of renewable) t.not(after.certificates[name].cert, before.certificates[name].cert, name);
  await t.rejects(renewCertificates(before.directory, ["ca"]), { code: "PKI_UNKNOWN_CERTIFICATE" });
});
