import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { ensurePki, issueClientCertificate, type Pki, startEtcd } from "@drydock/control-plane";
import { type CheckTools, type LabCheck, type ServiceUnit, startUnit, stopUnit } from "@drydock/labs";
import { type Client, ConfigMap, createClient } from "@drydock/machinery";
import { askDoctor, expectFindings } from "../shared/doctor.ts";

const program = join(import.meta.dirname, "../shared/api-process.ts");

interface Settings {
  port: number;
  etcd: string;
  etcdClient: string;
  pki: string;
}

interface Server {
  name: string;
  unit: ServiceUnit;
  settings: Settings;
  client: Client;
}

interface Broken {
  pki: Pki;
  /** Its way to etcd is gone, and its certificate has ended: in this order. */
  servers: [Server, Server];
  env: { SERVERS: string };
  object: ConfigMap;
  /** Digest of the authorities' files. */
  authorities: string;
}

let broken: Promise<Broken> | undefined;

function brokenServers(t: CheckTools): Promise<Broken> {
  broken ??= makeBroken(t);
  return broken;
}

async function makeBroken(t: CheckTools): Promise<Broken> {
  const pki = await ensurePki(join(t.scratch, "pki"), { hosts: [] });
  const etcd = await startEtcd({ dataDir: join(t.scratch, "etcd"), pki, unsafeNoFsync: true });
  t.defer(() => etcd.close());
  const endpoint = etcd.endpoints[0] ?? "";
  const way = await startWay(t, endpoint);
  const directory = join(t.scratch, "servers");
  // Names that say nothing, in any order.
  const cut = await makeServer(t, directory, pki, way.endpoint);
  const ended = await makeServer(t, directory, pki, endpoint);
  for (const { unit } of [cut, ended]) startUnit(unit);
  for (const { unit } of [cut, ended]) {
    const isReady = await t.until(() => readFileSync(unit.log, "utf8").includes("ready https"), 30_000);
    if (!isReady) throw new Error(`an API server did not start: ${readFileSync(unit.log, "utf8").slice(-500)}`);
  }
  const object = await ended.client.create(ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: t.word(), namespace: "default" },
    data: { word: t.word() },
  });

  way.close();
  await stopUnit(ended.unit);
  // For a second.
  const { cert, key } = await issueClientCertificate({ ca: pki.etcdCa }, { commonName: ended.name, days: 1 / 86_400 });
  writeFileSync(ended.settings.etcdClient, cert + key);
  if (!(await t.until(() => Date.parse(new X509Certificate(cert).validTo) < Date.now(), 10_000)))
    throw new Error(`the certificate holds until ${new X509Certificate(cert).validTo}`);
  startUnit(ended.unit);
  const isSick = await t.until(() => readFileSync(ended.unit.log, "utf8").includes("etcd is away"), 30_000);
  if (!isSick)
    throw new Error(`it serves with a certificate that has ended: ${readFileSync(ended.unit.log, "utf8").slice(-500)}`);
  return { pki, servers: [cut, ended], env: { SERVERS: directory }, object, authorities: digestOf(pki.directory) };
}

async function makeServer(t: CheckTools, directory: string, pki: Pki, etcd: string): Promise<Server> {
  const name = t.word();
  const own = join(directory, name);
  mkdirSync(own, { recursive: true });
  const port = await freePort();
  const { cert, key } = await issueClientCertificate({ ca: pki.etcdCa }, { commonName: name });
  const settings: Settings = { port, etcd, etcdClient: join(own, "etcd-client.pem"), pki: pki.directory };
  writeFileSync(settings.etcdClient, cert + key);
  const file = join(own, "settings.json");
  writeFileSync(file, JSON.stringify(settings, undefined, 2));
  const unit: ServiceUnit = {
    exec: [process.execPath, program, file],
    settings: file,
    log: join(own, "server.log"),
    pidFile: join(own, "server.pid"),
  };
  writeFileSync(unit.log, "");
  writeFileSync(join(own, "unit.json"), JSON.stringify(unit, undefined, 2));
  t.defer(() => stopUnit(unit));
  const { cert: adminCert, key: adminKey } = pki.certificates.admin;
  const client = createClient({ server: `https://127.0.0.1:${port}`, ca: pki.ca.cert, cert: adminCert, key: adminKey });
  t.defer(() => client.close());
  return { name, unit, settings, client };
}

/** A way to etcd that can be closed, as a route that somebody removes. */
async function startWay(t: CheckTools, target: string): Promise<{ endpoint: string; close(): void }> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), "127.0.0.1");
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const close = (): void => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  t.defer(close);
  return { endpoint: `https://127.0.0.1:${typeof address === "object" ? address?.port : 0}`, close };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

function digestOf(directory: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(directory).sort())
    if (/\.(crt|key|pem|pub)$/.test(name)) hash.update(readFileSync(join(directory, name)));
  return hash.digest("hex");
}

export const steps: LabCheck = {
  async diagnose(t) {
    const { servers, env } = await brokenServers(t);
    const [cut, ended] = servers;
    const expected = [`${cut.name} etcd-unreachable`, `${ended.name} certificate-ended`];
    expectFindings(
      t,
      await askDoctor(t, env),
      expected,
      "/readyz?verbose, and the end of the log of the one that is silent",
    );
  },

  async serves(t) {
    const { servers, env, object } = await brokenServers(t);
    await askDoctor(t, env, "--fix");
    for (const { name, client, unit } of servers) {
      let error: unknown;
      const found = await t.until(async () => {
        try {
          return await client.get(ConfigMap, object.metadata);
        } catch (cause) {
          error = cause;
          return undefined;
        }
      }, 20_000);
      if (!found)
        throw t.wrong(
          `20 s after --fix ${name} does not answer, expected the ConfigMap ${object.metadata.name}: ${error instanceof Error ? error.message : error}`,
          `what does its log say? ${readFileSync(unit.log, "utf8").trim().split("\n").at(-1)?.slice(0, 200)}`,
        );
      if (found.metadata.uid !== object.metadata.uid)
        throw t.wrong(
          `${name} has another ConfigMap ${object.metadata.name}, expected the one from before: it asks another etcd`,
        );
    }
  },

  async careful(t) {
    const { pki, servers, env, authorities } = await brokenServers(t);
    if (digestOf(pki.directory) !== authorities)
      throw t.wrong(
        "files of the authorities were changed, expected one new certificate: everything else that they have signed is worth nothing now",
        "issue, and do not found anew",
      );
    const authority = new X509Certificate(pki.etcdCa.cert);
    const keys = servers.map(({ name, settings }) => {
      const certificate = new X509Certificate(readFileSync(settings.etcdClient));
      if (!certificate.verify(authority.publicKey))
        throw t.wrong(`what ${name} shows to etcd is not signed by etcd's authority, expected it to be`);
      if (Date.parse(certificate.validTo) < Date.now() + 3_600_000)
        throw t.wrong(`the certificate of ${name} ends at ${certificate.validTo}, expected more than an hour from now`);
      return certificate.publicKey.export({ type: "spki", format: "pem" });
    });
    if (keys[0] === keys[1])
      throw t.wrong(
        "both servers show the same key to etcd, expected one for each: who steals one has stolen both, and nobody can say which",
        "issueClientCertificate makes a key, too",
      );
    expectFindings(t, await askDoctor(t, env, "--fix"), [], "all of them are ready");
  },
};
