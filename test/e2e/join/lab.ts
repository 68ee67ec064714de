import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensurePki, type ManagedEtcd, type Pki, startEtcd } from "@drydock/control-plane";
import { runCommand } from "@drydock/kit";
import { type Client, createClient } from "@drydock/machinery";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import { endContainers } from "./leftovers.ts";

const program = resolve(import.meta.dirname, "../../../packages/cli/src/main.ts");
export const image = "example.test/busybox:1";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A drydock command that goes on running. */
export class Service {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;
  output = "";

  constructor(command: readonly string[]) {
    const [file = "", ...args] = command;
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      this.#add(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      this.#add(chunk);
    });
    this.ended = once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr }));
  }

  /** Asks it to end, as systemd does; returns its exit code and how long it took, ms. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<{ code: number | null; ms: number }> {
    const begin = performance.now();
    this.#child.kill(signal);
    const { code } = await this.ended;
    return { code, ms: performance.now() - begin };
  }

  #add(chunk: Buffer): void {
    this.output += chunk.toString();
    if (process.env.DRYDOCK_TEST_LOG) process.stderr.write(chunk);
  }
}

/** etcd, control planes as commands, and machines that are network namespaces on a bridge of their own. */
export class JoinLab {
  readonly directory: string;
  readonly pki: Pki;
  readonly #etcd: ManagedEtcd;
  readonly #id = process.pid % 65536;
  readonly #ends: (() => Promise<unknown>)[];
  readonly #network = `10.${150 + (this.#id % 50)}.${Math.floor(this.#id / 50) % 250}`;
  readonly #bridge = `ddj${this.#id}`;

  private constructor(directory: string, pki: Pki, etcd: ManagedEtcd, ends: (() => Promise<unknown>)[]) {
    this.directory = directory;
    this.pki = pki;
    this.#etcd = etcd;
    this.#ends = ends;
  }

  static async start(): Promise<JoinLab> {
    const directory = await mkdtemp(join(tmpdir(), "drydock-join-"));
    const ends: (() => Promise<unknown>)[] = [
      () => rm(directory, { recursive: true, force: true }),
      () => endContainers(directory),
    ];
    const pki = await ensurePki(join(directory, "pki"), { hosts: [] });
    const etcd = await startEtcd({ dataDir: join(directory, "etcd"), pki, unsafeNoFsync: true });
    ends.push(() => etcd.close());
    const lab = new JoinLab(directory, pki, etcd, ends);
    try {
      await lab.#makeBridge();
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  /** Where the control planes are reached by the machines. */
  get address(): string {
    return `${this.#network}.1`;
  }

  machineAddress(index: number): string {
    return `${this.#network}.${10 + index}`;
  }

  /** A network namespace with an address; what runs in it is a machine as far as a node's agent can tell. */
  async addMachine(index: number): Promise<string[]> {
    const name = `${this.#bridge}-${index}`;
    const veth = `${this.#bridge}v${index}`;
    await runCommand("ip", ["netns", "add", name]);
    this.#ends.push(() => runCommand("ip", ["netns", "del", name]));
    const commands = [
      `link add ${veth} type veth peer name eth0 netns ${name}`,
      `link set ${veth} master ${this.#bridge} up`,
    ];
    await runCommand("ip", ["-batch", "-"], { input: commands.join("\n") });
    const inside = [
      `addr add ${this.machineAddress(index)}/24 dev eth0`,
      "link set eth0 up",
      "link set lo up",
      `route add default via ${this.address}`,
    ];
    await runCommand("ip", ["-n", name, "-batch", "-"], { input: inside.join("\n") });
    return ["nsenter", `--net=/run/netns/${name}`];
  }

  service(prefix: readonly string[], args: readonly string[]): Service {
    const service = new Service([...prefix, process.execPath, program, ...args]);
    this.#ends.push(() => service.stop("SIGTERM"));
    return service;
  }

  /** Runs a command to its end. */
  run(prefix: readonly string[], args: readonly string[]): Promise<Ended> {
    return new Service([...prefix, process.execPath, program, ...args]).ended;
  }

  /** A control plane on loopback and the bridge; resolves when it is ready. */
  async controlPlane(port: number, flags: readonly string[] = []): Promise<Service> {
    const service = this.service(
      [],
      [
        "control-plane",
        ...["--data-dir", this.directory, "--etcd", this.#etcd.endpoints[0] ?? ""],
        ...["--listen", `127.0.0.1:${port}`, "--listen", `${this.address}:${port}`],
        ...flags,
      ],
    );
    const client = this.admin(port);
    const gone = service.ended.then(({ stdout, stderr }) => {
      throw new Error(`the control plane ended: ${stdout}${stderr}`);
    });
    const ready = until("the API server to be ready", () => isReady(client), 20_000);
    await Promise.race([ready, gone]);
    gone.catch(() => {});
    return service;
  }

  admin(port: number): Client {
    const { cert, key } = this.pki.certificates.admin;
    const client = createClient({ server: `https://127.0.0.1:${port}`, ca: this.pki.ca.cert, cert, key });
    this.#ends.push(() => client.close());
    return client;
  }

  /** Puts the busybox image where a machine's agent looks for images. */
  async importImage(directory: string): Promise<void> {
    const store = await openImageStore({ directory });
    const layout = join(this.directory, "busybox.tar");
    await buildBusyboxImage({ busybox: "/bin/busybox", output: layout, name: image, version: "1" });
    await store.import(layout, image);
  }

  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse()) await end().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  async #makeBridge(): Promise<void> {
    const commands = [
      `link add ${this.#bridge} type bridge`,
      `addr add ${this.address}/24 dev ${this.#bridge}`,
      `link set ${this.#bridge} up`,
    ];
    this.#ends.push(() => runCommand("ip", ["link", "del", this.#bridge]));
    await runCommand("ip", ["-batch", "-"], { input: commands.join("\n") });
  }
}

async function isReady(client: Client): Promise<true | undefined> {
  try {
    await client.stream("GET", "/readyz");
    return true;
  } catch {
    // Not yet.
    return undefined;
  }
}

/** Calls `look` until it returns something; after `timeoutMs` throws. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = 15_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
