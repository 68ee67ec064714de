import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { hasCode, type Logger, silentLogger, systemClock } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { Pki } from "../pki/pki.ts";
import type { Running } from "../running.ts";
import type { ClientTls } from "./connection-options.ts";
import { etcdPaths, prepareDataDirectory, repairedLogs } from "./data-directory.ts";
import { etcdArguments } from "./etcd-arguments.ts";
import { type EtcdProcess, spawnEtcd } from "./etcd-process.ts";
import { etcdVersion } from "./etcd-version.ts";
import { freePort, requireFreePort } from "./free-port.ts";
import { isHealthy } from "./health.ts";
import { forgetEtcd, recordEtcd } from "./pid-file.ts";
import { startupFailure } from "./startup-failure.ts";

export interface StartEtcdOptions {
  /** Everything of this etcd is kept below it: data/, etcd.log, etcd.pid. Made with mode 0700. */
  dataDir: string;
  /** From `ensurePki`. */
  pki: Pick<Pki, "etcdCa" | "etcdCaFile" | "certificates">;
  /** Name of the member; "drydock" unless stated. Must stay the same for a data directory. */
  name?: string;
  /** 0 or unset: any free port of loopback. */
  clientPort?: number;
  peerPort?: number;
  /** How often a quiet watch is told how far it is, ms; 5000 unless stated, at least 100. */
  progressIntervalMs?: number;
  /** How long every change can still be read and watched from: a Go duration, "1h" unless stated. */
  historyRetention?: string;
  /** For tests only: data do not survive a crash of the machine (they do survive one of etcd). */
  unsafeNoFsync?: boolean;
  /** Limit on the start, ms; 15 000 unless stated (a large log is replayed first). */
  startTimeoutMs?: number;
  /** The program; "etcd" unless stated. */
  program?: string;
  logger?: Logger;
}

/** An etcd of one member that we started. `failed` rejects with ETCD_STOPPED when it ends by itself. */
export interface ManagedEtcd extends Running {
  readonly endpoints: readonly string[];
  readonly clientTls: ClientTls;
  readonly pid: number;
  readonly version: string;
  readonly logFile: string;
}

const POLL_MS = 10;
const STOP_GRACE_MS = 5_000;
/** A port that was free may be taken before etcd listens on it; then another is tried. */
const PORT_ATTEMPTS = 5;

/**
 * Starts etcd on a data directory of its own, on loopback, with client certificates required on both of its ports, and
 * waits until it answers. Errors: ETCD_MISSING, ETCD_VERSION, ETCD_DATA_CORRUPT, ETCD_DATA_VERSION,
 * ETCD_ALREADY_RUNNING, ETCD_PORT_TAKEN, ETCD_START_FAILED. After an error nothing is left running.
 */
export async function startEtcd(options: StartEtcdOptions): Promise<ManagedEtcd> {
  const logger = (options.logger ?? silentLogger).child({ part: "etcd" });
  const dataDir = resolve(options.dataDir);
  const [version, hadData] = await Promise.all([etcdVersion(options.program ?? "etcd"), prepareDataDirectory(dataDir)]);
  const repairedBefore = await repairedLogs(dataDir);
  for (let attempt = 1; ; attempt++) {
    try {
      const etcd = await startOnce(options, dataDir, hadData, version.join("."), logger);
      await warnOfRepair(dataDir, repairedBefore, logger);
      return etcd;
    } catch (error) {
      const taken = hasCode(error, "ETCD_PORT_TAKEN") ? error.details.port : undefined;
      const ours = taken === options.clientPort || taken === options.peerPort;
      if (taken === undefined || ours || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(
  options: StartEtcdOptions,
  dataDir: string,
  hadData: boolean,
  version: string,
  logger: Logger,
): Promise<ManagedEtcd> {
  const { pki } = options;
  const paths = etcdPaths(dataDir);
  const endpoint = `https://127.0.0.1:${await choosePort(options.clientPort)}`;
  const client = pki.certificates["etcd-client"];
  const clientTls: ClientTls = { ca: pki.etcdCa.cert, cert: client.cert, key: client.key };
  const args = etcdArguments({
    name: options.name ?? "drydock",
    dataPath: paths.data,
    clientUrl: endpoint,
    // A member keeps the peer address that it was first given in its data; alone, it never uses it.
    peerUrl: `https://127.0.0.1:${await choosePort(options.peerPort)}`,
    serverFile: pki.certificates["etcd-server"].file,
    caFile: pki.etcdCaFile,
    progressIntervalMs: options.progressIntervalMs ?? 5_000,
    historyRetention: options.historyRetention ?? "1h",
    unsafeNoFsync: options.unsafeNoFsync ?? false,
  });
  const startedAt = Date.now();
  const child = await spawnEtcd(options.program ?? "etcd", args, paths.log);
  try {
    await recordEtcd(dataDir, child.identity);
    const how = await ready(child, endpoint, clientTls, options.startTimeoutMs ?? 15_000);
    if (how !== undefined) {
      const log = await readFrom(paths.log, child.logOffset);
      throw startupFailure({ log, logFile: paths.log, dataPath: paths.data, hadData, how });
    }
  } catch (error) {
    child.kill("SIGKILL");
    await child.ended;
    await forgetEtcd(dataDir);
    throw error;
  }
  const { pid } = child.identity;
  logger.info({ pid, endpoint, version, tookMs: Date.now() - startedAt }, "etcd is ready");
  return {
    endpoints: [endpoint],
    clientTls,
    pid,
    version,
    logFile: paths.log,
    ...supervise(child, dataDir, paths.log),
  };
}

function choosePort(wanted: number | undefined): Promise<number> {
  return wanted ? requireFreePort(wanted) : freePort();
}

/** Undefined when etcd answers; otherwise why it will not. */
async function ready(
  child: EtcdProcess,
  endpoint: string,
  tls: ClientTls,
  timeoutMs: number,
): Promise<string | undefined> {
  const deadline = Date.now() + timeoutMs;
  let how: string | undefined;
  child.ended.then((end) => {
    how = end;
  });
  while (how === undefined) {
    if ((await isHealthy(endpoint, tls)) && how === undefined) return undefined;
    if (Date.now() >= deadline) return `did not become ready within ${timeoutMs} ms`;
    await Promise.race([child.ended, systemClock.sleep(POLL_MS)]);
  }
  return how;
}

function supervise(child: EtcdProcess, dataDir: string, logFile: string): Running {
  let closing: Promise<void> | undefined;
  const failed = child.ended.then((how): Promise<never> => {
    // Closed by us: never settles.
    if (closing) return new Promise(() => {});
    throw failure("ETCD_STOPPED", `etcd with pid ${child.identity.pid} ${how}`, {
      details: { log: logFile },
      hint: `see ${logFile}`,
    });
  });
  // Whoever cares awaits it; nobody has to.
  failed.catch(() => {});

  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
    await child.ended;
    clearTimeout(kill);
    await forgetEtcd(dataDir);
  };
  return {
    failed,
    close() {
      closing ??= stop();
      return closing;
    },
  };
}

async function warnOfRepair(dataDir: string, before: readonly string[], logger: Logger): Promise<void> {
  for (const file of await repairedLogs(dataDir)) {
    if (!before.includes(file)) logger.warn({ file }, "etcd cut its log off at a damaged record and kept a copy");
  }
}

async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
