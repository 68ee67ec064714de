/** Prints what test/bench/runtime.bench.ts shows, as JSON: milliseconds, by what was measured and who did it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runCommand } from "@drydock/kit";
import { defaultSeccompProfile, readableFrom } from "@drydock/linux";
import { createRuntime, type Runtime, type RuntimeConfig, readBundle } from "@drydock/runtime";
import { makeRootfs } from "../../../packages/runtime/src/fixtures/test-host.ts";

export type Samples = Record<string, Record<string, number[]> & { ours: number[] }>;

const warmUp = 3;
const starts = 40;
const commands = 15;
const burst = 100;
const bursts = 3;
const peers = ["crun", "runc"] as const;
const launcher = resolve(import.meta.dirname, "../../../bin/drydock-runtime");
/** In memory, as /run is, where runtimes keep their state: on a disk its journal would be measured. */
const directory = mkdtempSync("/dev/shm/drydock-bench-");
const bundle = join(directory, "bundle");
const samples: Samples = {};
let serial = 0;
/** How long the event loop of this process was busy in the last start, ms. */
let busyMs = 0;

if (import.meta.main) {
  try {
    await makeBundle(["/bin/echo", "hello"]);
    await measureStarts();
    await measureCommands();
    await measureHandedOver();
    await measureBursts();
    await makeBundle(["/bin/sleep", "600"]);
    await measureExecs();
    process.stdout.write(JSON.stringify(samples));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * What `runc spec` writes, without a terminal, without ambient capabilities (which it writes in vain: they are not
 * inheritable), and without device rules, since loading them takes crun rights that not every machine gives; with the
 * default seccomp profile, which engines write into each configuration. All runtimes read the same file.
 */
async function makeBundle(args: string[]): Promise<void> {
  rmSync(bundle, { recursive: true, force: true });
  makeRootfs(join(bundle, "rootfs"));
  await runCommand("runc", ["spec", "--bundle", bundle]);
  const file = join(bundle, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as RuntimeConfig;
  Object.assign(config.process, { terminal: false, args });
  delete config.linux?.resources;
  delete config.process.capabilities?.ambient;
  Object.assign(config.linux ?? {}, { seccomp: defaultSeccompProfile(config.process.capabilities?.bounding ?? []) });
  writeFileSync(file, JSON.stringify(config));
}

/** `ownThread`: as the agent has it, whose event loop must not wait for starts. */
function ourRuntime({ ownThread = false } = {}): Runtime {
  return createRuntime({ stateDir: join(directory, "ours"), cgroupRoot: "/sys/fs/cgroup", ownThread });
}

function note(what: string, who: string, ms: number): void {
  samples[what] ??= { ours: [] };
  const list = samples[what][who] ?? [];
  samples[what][who] = list;
  list.push(ms);
}

function nextId(): string {
  return `bench-${process.pid}-${++serial}`;
}

async function measureStarts(): Promise<void> {
  const runtime = ourRuntime({ ownThread: true });
  const config = readBundle(bundle);
  for (let round = 0; round < warmUp + starts; round++) {
    const keep = (who: string, ms: number): void => {
      if (round >= warmUp) note("start", who, ms);
    };
    keep("ours", await startOurs(runtime, config));
    if (round >= warmUp) note("busy", "ours", busyMs);
    for (const peer of peers) keep(peer, await spawned(peer, peerRun(peer, nextId())));
  }
}

/** To the first byte; the end and the removal are waited for and not counted. */
async function startOurs(runtime: Runtime, config: RuntimeConfig): Promise<number> {
  const id = nextId();
  const fifo = join(directory, id);
  await runCommand("mkfifo", [fifo]);
  const output = readableFrom(openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK));
  const begun = performance.now();
  const first = once(output, "data").then(() => performance.now() - begun);
  const loop = performance.eventLoopUtilization();
  await runtime.run({ id, config, stdio: { stdin: "null", stdout: fifo, stderr: "null" } });
  busyMs = performance.eventLoopUtilization(loop).active;
  const ms = await first;
  output.destroy();
  await runtime.wait(id);
  await runtime.delete(id);
  return ms;
}

function peerRun(peer: string, id: string): string[] {
  return ["--root", join(directory, peer), "run", "--bundle", bundle, id];
}

/** A command to the first byte of its output. */
async function spawned(file: string, args: string[]): Promise<number> {
  const begun = performance.now();
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  let ms = Number.NaN;
  child.stdout.once("data", () => {
    ms = performance.now() - begun;
  });
  const [code] = await once(child, "close");
  if (code !== 0 || Number.isNaN(ms)) throw new Error(`${file} ${args.join(" ")} ended with ${code}`);
  return ms;
}

async function measureCommands(): Promise<void> {
  for (let round = 0; round < commands; round++) {
    const ours = ["--root", join(directory, "command"), "run", "--bundle", bundle, nextId()];
    note("command", "ours", await spawned(launcher, ours));
    for (const peer of peers) note("command", peer, await spawned(peer, peerRun(peer, nextId())));
  }
}

/** The same command, handed over to a drydock that runs already. */
async function measureHandedOver(): Promise<void> {
  const socket = join(directory, "serve.sock");
  const server = spawn(launcher, ["--root", join(directory, "served"), "serve", "--socket", socket], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(server, "exit");
  await once(server.stderr, "data");
  process.env.DRYDOCK_RUNTIME_SOCKET = socket;
  try {
    for (let round = 0; round < warmUp + starts; round++) {
      const keep = (who: string, ms: number): void => {
        if (round >= warmUp) note("handed over", who, ms);
      };
      keep("ours", await spawned(launcher, ["run", "--bundle", bundle, nextId()]));
      for (const peer of peers) keep(peer, await spawned(peer, peerRun(peer, nextId())));
    }
  } finally {
    delete process.env.DRYDOCK_RUNTIME_SOCKET;
    server.kill();
    await ended;
  }
}

async function measureBursts(): Promise<void> {
  const runtime = ourRuntime();
  const config = readBundle(bundle);
  const all = (one: () => Promise<unknown>) => timed(() => Promise.all(Array.from({ length: burst }, one)));
  for (let round = 0; round < bursts; round++) {
    const ids: string[] = [];
    const ours = await all(async () => {
      const id = nextId();
      ids.push(id);
      await runtime.run({ id, config });
      await runtime.wait(id);
    });
    for (const id of ids) await runtime.delete(id);
    note("100 starts", "ours", ours);
    for (const peer of peers) note("100 starts", peer, await all(() => spawned(peer, peerRun(peer, nextId()))));
  }
}

async function measureExecs(): Promise<void> {
  const runtime = ourRuntime();
  const config = readBundle(bundle);
  const id = nextId();
  await runtime.run({ id, config });
  for (const peer of peers) {
    // Its streams are the container's, which stays: a pipe would never end.
    const args = ["--root", join(directory, peer), "run", "--detach", "--bundle", bundle, id + peer];
    const [code] = await once(spawn(peer, args, { stdio: "ignore" }), "close");
    if (code !== 0) throw new Error(`${peer} run ended with ${code}`);
  }
  const args = ["/bin/echo", "hello"];
  try {
    for (let round = 0; round < warmUp + starts; round++) {
      const keep = (who: string, ms: number): void => {
        if (round >= warmUp) note("exec", who, ms);
      };
      const begun = performance.now();
      const session = await runtime.exec(id, { process: { cwd: "/", args } });
      await once(session.stdout, "data");
      keep("ours", performance.now() - begun);
      await session.exit;
      for (const peer of peers) {
        keep(peer, await spawned(peer, ["--root", join(directory, peer), "exec", id + peer, ...args]));
      }
    }
  } finally {
    await runtime.delete(id, { force: true });
    for (const peer of peers) {
      await runCommand(peer, ["--root", join(directory, peer), "delete", "--force", id + peer]);
    }
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
