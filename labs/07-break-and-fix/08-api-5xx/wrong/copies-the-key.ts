// fails at careful: both servers show the same key
import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { connect } from "node:net";
import { readUnit, type ServiceUnit, startUnit, stopUnit } from "@drydock/labs";

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
}

type Cause = "etcd-unreachable" | "certificate-ended";

const directory = process.env.SERVERS ?? "/tmp/lab-servers";
const servers = readdirSync(directory)
  .sort()
  .map((name): Server => {
    const unit = readUnit(directory, name);
    return { name, unit, settings: JSON.parse(readFileSync(unit.settings, "utf8")) };
  });

/** It is only asked whether it is well, and told nothing: whoever answers may. */
function isReady({ settings }: Server): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = get(
      `https://127.0.0.1:${settings.port}/readyz`,
      { rejectUnauthorized: false, timeout: 5_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("silent")));
    sent.on("error", () => resolve(false));
  });
}

function listens(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

async function causeOf({ settings }: Server): Promise<Cause | undefined> {
  if (!(await listens(settings.etcd))) return "etcd-unreachable";
  const { validTo } = new X509Certificate(readFileSync(settings.etcdClient));
  return Date.parse(validTo) < Date.now() ? "certificate-ended" : undefined;
}

async function cure(server: Server, cause: Cause): Promise<void> {
  const { unit, settings } = server;
  await stopUnit(unit);
  if (cause === "etcd-unreachable") {
    for (const other of servers) {
      if (!(await listens(other.settings.etcd))) continue;
      writeFileSync(unit.settings, JSON.stringify({ ...settings, etcd: other.settings.etcd }));
      break;
    }
  } else {
    // The other one's works.
    const other = servers.find(({ name }) => name !== server.name);
    writeFileSync(settings.etcdClient, readFileSync(other?.settings.etcdClient ?? ""));
  }
  startUnit(unit);
}

for (const server of servers) {
  if (await isReady(server)) continue;
  const cause = await causeOf(server);
  if (!cause) continue;
  console.log(`${server.name} ${cause}`);
  if (process.argv.includes("--fix")) await cure(server, cause);
}
