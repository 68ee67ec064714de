import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RegistryCredentials } from "../types.ts";

export const annasPassword: RegistryCredentials = { username: "anna", password: "secret" };
/** The same as htpasswd(1) writes it, with bcrypt. */
const annasLine = "anna:$2y$05$WmyKbl.Q3FDUC79DJqSiieCDqn1fLnG.DtBaE00qbLjwd2JlyVQHq";

export interface RegistryOptions {
  directory: string;
  /** Only `annasPassword` may log in. */
  htpasswd?: boolean;
  /** A token server: see token-server.ts. */
  token?: { realm: string; service: string; issuer: string; certificatePath: string };
  tls?: { certificatePath: string; keyPath: string; ca: string };
}

export interface TestRegistry {
  /** `127.0.0.1:port`. */
  host: string;
  stop(): Promise<void>;
}

/**
 * A real registry (Debian's docker-registry) with its own data, on a free port of this machine; stopped when the test
 * ends.
 */
export async function startDockerRegistry(
  t: { teardown(action: () => unknown): void },
  options: RegistryOptions,
): Promise<TestRegistry> {
  const { directory, htpasswd, token, tls } = options;
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const auth: Record<string, unknown> = {};
  if (htpasswd) {
    const path = join(directory, "htpasswd");
    await writeFile(path, `${annasLine}\n`);
    auth.htpasswd = { realm: "test", path };
  }
  if (token) {
    const { realm, service, issuer, certificatePath } = token;
    auth.token = { realm, service, issuer, rootcertbundle: certificatePath };
  }
  const config = {
    version: "0.1",
    log: { level: "warn" },
    storage: { filesystem: { rootdirectory: join(directory, "data") }, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls ? { tls: { certificate: tls.certificatePath, key: tls.keyPath } } : {}),
    },
    ...(htpasswd || token ? { auth } : {}),
  };
  const configPath = join(directory, "config.yml");
  // JSON is YAML.
  await writeFile(configPath, JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", configPath], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const stop = () => endOf(child);
  t.teardown(stop);
  await answering(`${tls ? "https" : "http"}://127.0.0.1:${port}/v2/`, tls?.ca, () => {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${log}`);
  });
  return { host: `127.0.0.1:${port}`, stop };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function answering(url: string, ca: string | undefined, check: () => void): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    check();
    const up = await new Promise<boolean>((resolve) => {
      const request = url.startsWith("https:") ? tlsRequest(url, ca === undefined ? {} : { ca }) : plainRequest(url);
      request.on("response", (response) => {
        response.resume();
        resolve(true);
      });
      request.on("error", () => resolve(false));
      request.end();
    });
    if (up) return;
    await delay(50);
  }
  throw new Error(`${url} does not answer`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
