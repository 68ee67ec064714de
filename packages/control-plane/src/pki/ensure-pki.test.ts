import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { runCommand } from "@drydock/kit";
import t from "tap";
import { ensurePki } from "./ensure-pki.ts";
import { issueClientCertificate, issueServingCertificate } from "./issue.ts";
import { formatKeyPair, type KeyPair } from "./key-pair.ts";
import { kubeconfigFor } from "./kubeconfig.ts";
import { signCertificate } from "./sign.ts";

async function temporaryDirectory(t: { teardown(end: () => unknown): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-pki-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

t.test("openssl agrees with what we issue", async (t) => {
  const directory = join(await temporaryDirectory(t), "pki");
  const pki = await ensurePki(directory, { hosts: ["10.88.0.1", "lab.example"] });
  const verify = (ca: string, file: string, purpose: string): Promise<string> =>
    runCommand("openssl", ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, file]);
  const { certificates } = pki;
  await verify(pki.caFile, certificates.apiserver.file, "sslserver");
  for (const name of ["apiserver-client", "admin", "controller-manager", "scheduler"] as const) {
    await verify(pki.caFile, certificates[name].file, "sslclient");
    await t.rejects(verify(pki.caFile, certificates[name].file, "sslserver"), `${name} is no server`);
  }
  await verify(pki.etcdCaFile, certificates["etcd-server"].file, "sslserver");
  await verify(pki.etcdCaFile, certificates["etcd-server"].file, "sslclient");
  await verify(pki.etcdCaFile, certificates["etcd-client"].file, "sslclient");
  await t.rejects(verify(pki.etcdCaFile, certificates.admin.file, "sslclient"), "no API client is let into etcd");

  const serving = new X509Certificate(certificates.apiserver.cert);
  for (const address of ["127.0.0.1", "::1", "10.88.0.1"]) t.ok(serving.checkIP(address), address);
  for (const name of ["localhost", "lab.example", "kubernetes.default.svc"]) t.ok(serving.checkHost(name), name);
  t.match(new X509Certificate(certificates.admin.cert).subject, /O=system:masters\nCN=drydock-admin/);
  t.notOk(new X509Certificate(certificates.admin.cert).ca);
  t.ok(new X509Certificate(pki.ca.cert).ca);
  const serials = Object.values(certificates).map(({ cert }) => new X509Certificate(cert).serialNumber);
  t.equal(new Set(serials).size, serials.length);

  t.equal((await stat(directory)).mode & 0o777, 0o700);
  for (const name of await readdir(directory)) {
    t.equal((await stat(join(directory, name))).mode & 0o777, name.endsWith(".crt") ? 0o644 : 0o600, name);
  }
});

t.test("a second start finds everything; what is missing, damaged, foreign or ending is issued again", async (t) => {
  const directory = join(await temporaryDirectory(t), "pki");
  const first = await ensurePki(directory, { hosts: [] });
  t.strictSame(await ensurePki(directory, { hosts: [] }), first);

  const { admin, scheduler, apiserver } = first.certificates;
  const stranger = await ensurePki(join(directory, "../other"), { hosts: [] });
  await writeFile(admin.file, "damaged");
  await writeFile(scheduler.file, formatKeyPair(stranger.certificates.scheduler));
  await rm(first.certificates["etcd-client"].file);
  const ending = await signCertificate(first.ca, { commonName: "x", usages: ["client"], days: 29 });
  await writeFile(first.certificates["controller-manager"].file, formatKeyPair(ending));
  const second = await ensurePki(directory, { hosts: ["10.1.2.3"] });
  for (const name of ["admin", "scheduler", "controller-manager", "etcd-client", "apiserver"] as const) {
    t.not(second.certificates[name].cert, first.certificates[name].cert, name);
    const authority = name === "etcd-client" ? second.etcdCa : second.ca;
    t.ok(new X509Certificate(second.certificates[name].cert).verify(new X509Certificate(authority.cert).publicKey));
  }
  t.equal(second.ca.cert, first.ca.cert);
  t.equal(second.certificates["etcd-server"].cert, first.certificates["etcd-server"].cert);
  t.not(second.certificates.apiserver.cert, apiserver.cert);
  t.ok(new X509Certificate(second.certificates.apiserver.cert).checkIP("10.1.2.3"));
});

t.test("a member of etcd keeps the hosts that its certificate was issued with", async (t) => {
  const directory = join(await temporaryDirectory(t), "pki");
  const first = await ensurePki(directory, { hosts: [] });
  const ending = {
    commonName: "etcd",
    usages: ["server", "client"] as const,
    hosts: ["localhost", "cp1", "10.1.2.3"],
    days: 29,
  };
  const member = await signCertificate(first.etcdCa, ending);
  await writeFile(first.certificates["etcd-server"].file, formatKeyPair(member));
  const certificate = new X509Certificate((await ensurePki(directory, { hosts: [] })).certificates["etcd-server"].cert);
  t.ok(certificate.validToDate.getTime() > Date.now() + 300 * 24 * 3600 * 1000);
  t.equal(certificate.checkHost("cp1"), "cp1");
  for (const address of ["10.1.2.3", "127.0.0.1"]) t.equal(certificate.checkIP(address), address);
});

t.test("a damaged authority is never replaced without being asked", async (t) => {
  const directory = join(await temporaryDirectory(t), "pki");
  const pki = await ensurePki(directory, { hosts: [] });
  const text = await readFile(pki.ca.file, "utf8");
  for (const damage of ["", "garbage", text.replace(/-----BEGIN CERT[\s\S]*/, ""), text.slice(0, -100)]) {
    await writeFile(pki.ca.file, damage);
    await t.rejects(ensurePki(directory, { hosts: [] }), { code: "PKI_UNUSABLE", details: { file: pki.ca.file } });
    t.equal(await readFile(pki.ca.file, "utf8"), damage, "it is left as it is");
  }
  await writeFile(pki.ca.file, text);
  await rm(join(directory, "service-account.key"));
  await t.rejects(ensurePki(directory, { hosts: [] }), { code: "PKI_UNUSABLE" });
});

t.test("processes that start at once agree", async (t) => {
  const directory = join(await temporaryDirectory(t), "pki");
  const script = `import { ensurePki } from ${JSON.stringify(fileURLToPath(new URL("ensure-pki.ts", import.meta.url)))};
    const pki = await ensurePki(${JSON.stringify(directory)}, { hosts: [] });
    console.log(JSON.stringify([pki.ca.cert, pki.etcdCa.cert, pki.serviceAccountKey.publicKey]));`;
  const run = async (): Promise<string> => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", 2] });
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`ended with ${code}`);
    return output;
  };
  const outputs = await Promise.all([run(), run(), run()]);
  t.equal(new Set(outputs).size, 1);
  t.strictSame(await readdir(join(directory, "..")), ["pki"], "nothing is left beside");
  const pki = await ensurePki(directory, { hosts: [] });
  const ca = new X509Certificate(pki.ca.cert).publicKey;
  t.ok(new X509Certificate(pki.certificates.admin.cert).verify(ca));
});

/** What a server learns about a client that shows this certificate; rejects when either refuses the other. */
async function handshake(t: { teardown(end: () => unknown): void }, ca: string, server: KeyPair, client: KeyPair) {
  const listener = createServer({ ca, ...server, requestCert: true, rejectUnauthorized: true });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  t.teardown(() => listener.close());
  const address = listener.address() as { port: number };
  const accepted = once(listener, "secureConnection") as Promise<[TLSSocket]>;
  const refused = once(listener, "tlsClientError").then(([error]) => Promise.reject(error));
  const socket = connect({ host: "127.0.0.1", port: address.port, ca, ...client });
  t.teardown(() => socket.destroy());
  const failed = once(socket, "error").then(([error]) => Promise.reject(error));
  refused.catch(() => {});
  failed.catch(() => {});
  const [peer] = await Promise.race([accepted, refused, failed]);
  t.teardown(() => peer.destroy());
  return peer.getPeerCertificate().subject;
}

t.test("Node's TLS takes client and serving certificates, and refuses strangers", async (t) => {
  const directory = await temporaryDirectory(t);
  const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
  const other = await ensurePki(join(directory, "other"), { hosts: [] });
  const server = await issueServingCertificate(pki, { commonName: "system:node:n1", hosts: ["127.0.0.1"] });
  const request = { commonName: "system:node:n1", organizations: ["system:nodes", "a, b=c+d"] };
  const subject = await handshake(t, pki.ca.cert, server, await issueClientCertificate(pki, request));
  t.equal(subject.CN, "system:node:n1");
  t.strictSame(subject.O, ["system:nodes", "a, b=c+d"]);
  await t.rejects(handshake(t, pki.ca.cert, server, await issueClientCertificate(other, request)));
  await t.rejects(handshake(t, pki.ca.cert, other.certificates.apiserver, pki.certificates.admin));
});

t.test("kubectl reads the kubeconfig", async (t) => {
  const directory = await temporaryDirectory(t);
  const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
  const file = join(directory, "kubeconfig");
  const { cert, key } = pki.certificates.admin;
  const text = kubeconfigFor({
    server: "https://127.0.0.1:6443",
    ca: pki.ca.cert,
    cert,
    key,
    clusterName: 'odd: "name"',
    user: "admin",
  });
  await writeFile(file, text);
  const view = JSON.parse(
    await runCommand("kubectl", ["config", "view", "--raw", "--minify", "-o", "json"], { env: { KUBECONFIG: file } }),
  );
  t.equal(view.clusters[0].name, 'odd: "name"');
  t.equal(view.clusters[0].cluster.server, "https://127.0.0.1:6443");
  t.equal(Buffer.from(view.users[0].user["client-key-data"], "base64").toString(), key);
  t.equal(Buffer.from(view.clusters[0].cluster["certificate-authority-data"], "base64").toString(), pki.ca.cert);
});
