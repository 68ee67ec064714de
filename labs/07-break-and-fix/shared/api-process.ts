/** One API server as a process: its settings as JSON in a file, whose path is the first word. Says "ready" when it serves. */
import { readFileSync } from "node:fs";
import { ensurePki, startApiServer } from "@drydock/control-plane";

interface Settings {
  port: number;
  /** https://127.0.0.1:2379 */
  etcd: string;
  /** PEM: what it shows to etcd, certificate and key. */
  etcdClient: string;
  /** Directory of the authorities. */
  pki: string;
}

const write = (level: string) => (fields: object, message: string) =>
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
const logger = {
  debug: () => {},
  info: write("info"),
  warn: write("warn"),
  error: write("error"),
  child: () => logger,
};

const settings: Settings = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const pki = await ensurePki(settings.pki, { hosts: [] });
const pem = readFileSync(settings.etcdClient, "utf8");
const [cert = "", key = ""] = pem.match(/-----BEGIN [\s\S]*?-----END [A-Z ]+-----\n/g) ?? [];
const server = await startApiServer({
  etcd: { endpoints: [settings.etcd], tls: { ca: pki.etcdCa.cert, cert, key } },
  listen: [{ host: "127.0.0.1", port: settings.port }],
  pki,
  logger,
});
process.once("SIGTERM", () => void server.close().then(() => process.exit(0)));
process.stdout.write(`ready ${server.url}\n`);
