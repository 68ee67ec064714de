import { type ChildProcess, spawn } from "node:child_process";
import { open, rename, stat } from "node:fs/promises";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import { etcdEnvironment } from "./etcd-arguments.ts";
import { identifyProcess, type ProcessIdentity } from "./process-identity.ts";

/** A log larger than this is moved to etcd.log.1 at the next start. */
const MAX_LOG_BYTES = 16 << 20;

export interface EtcdProcess {
  readonly identity: ProcessIdentity;
  /** "ended with exit code 1" or "was killed by SIGKILL". */
  readonly ended: Promise<string>;
  /** Where this run begins in the log. */
  readonly logOffset: number;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts etcd as a child, with its output appended to the log file directly: a busy or dead parent never blocks it.
 *
 * In a session of its own, so that Ctrl-C in the terminal reaches us and not it. It gets SIGTERM when we die, however
 * that happens: setpriv(1) of util-linux sets PR_SET_PDEATHSIG and becomes etcd. Where there is no setpriv, an etcd
 * that was left behind is found by its pid file (stopRecordedEtcd).
 */
export async function spawnEtcd(program: string, args: readonly string[], logFile: string): Promise<EtcdProcess> {
  const logOffset = await rotateLog(logFile);
  const log = await open(logFile, "a", 0o600);
  let child: ChildProcess;
  try {
    const options = {
      stdio: ["ignore", log.fd, log.fd] as ["ignore", number, number],
      detached: true,
      env: etcdEnvironment(process.env),
    };
    child = await spawned(spawn("setpriv", ["--pdeathsig", "TERM", "--", program, ...args], options)).catch(
      (error: unknown) => {
        if (errnoOf(error) !== "ENOENT") throw error;
        return spawned(spawn(program, args, options));
      },
    );
  } finally {
    await log.close();
  }
  const ended = new Promise<string>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(describeEnd(child.exitCode, child.signalCode));
    else child.once("exit", (code, signal) => resolve(describeEnd(code, signal)));
  });
  const identity = await identifyProcess(child.pid as number);
  return {
    // It may have ended already; then nobody will look for it.
    identity: identity ?? { pid: child.pid as number, startTime: "", bootId: "" },
    ended,
    logOffset,
    kill: (signal) => child.kill(signal),
  };
}

function spawned(child: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child));
    child.once("error", (error) =>
      reject(
        errnoOf(error) === "ENOENT"
          ? error
          : failure("ETCD_START_FAILED", `etcd could not be started: ${error.message}`, { cause: error }),
      ),
    );
  });
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
}

async function rotateLog(logFile: string): Promise<number> {
  try {
    const { size } = await stat(logFile);
    if (size <= MAX_LOG_BYTES) return size;
    await rename(logFile, `${logFile}.1`);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  return 0;
}
