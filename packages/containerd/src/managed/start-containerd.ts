import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, writeFile } from "node:fs/promises";
import { type Logger, readTextIfExists, silentLogger, systemClock } from "@drydock/kit";
import type { Options as RuncOptions } from "../api/tasks.ts";
import { connectContainerd } from "../connect-containerd.ts";
import { containerdError } from "../errors.ts";
import { type CriPlugin, configToml, type InstancePaths, instancePaths } from "./config-toml.ts";

export interface StartContainerdOptions {
  /** Exists; everything of this instance is kept below it. Short: sockets have paths of at most 107 bytes. */
  directory: string;
  /** Serves CRI, too. */
  cri?: CriPlugin;
  /** The program; "containerd" unless stated. */
  program?: string;
  /** Limit on the start, ms; 15 000 unless stated. */
  startTimeoutMs?: number;
  logger?: Logger;
}

/** A containerd that we started. */
export interface ManagedContainerd {
  readonly socket: string;
  /** Pass it to connectContainerd: keeps runc's state apart from that of other instances, too. */
  readonly runtime: RuncOptions;
  readonly pid: number;
  readonly logFile: string;
  /** Rejects with CONTAINERD_STOPPED when it ends by itself; never resolves. */
  readonly failed: Promise<never>;
  /** Ends the daemon. Containers go on: each has a shim of its own, and the next daemon on this directory finds them. */
  close(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

const pollMs = 10;
const stopGraceMs = 5_000;

/** Starts a containerd of our own, beside any other on the machine, and waits until it answers. */
export async function startContainerd(options: StartContainerdOptions): Promise<ManagedContainerd> {
  const { directory, cri, program = "containerd", startTimeoutMs = 15_000, logger = silentLogger } = options;
  const paths = instancePaths(directory);
  await writeFile(paths.config, configToml(paths, cri), { mode: 0o600 });
  const log = await open(paths.log, "a", 0o600);
  const child = spawn(program, ["--config", paths.config], { stdio: ["ignore", log.fd, log.fd] });
  await log.close();
  const ended = Promise.race([
    once(child, "exit").then(([code, signal]) => `ended with ${signal ?? `exit code ${code}`}`),
    once(child, "error").then(([error]) => `could not be started: ${(error as Error).message}`),
  ]);
  let closing = false;
  const failed = ended.then((how): Promise<never> => {
    if (closing) return new Promise(() => {});
    throw containerdError("CONTAINERD_STOPPED", `containerd ${how}`, { hint: `see ${paths.log}` });
  });
  failed.catch(() => {});
  const close = async (signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> => {
    closing = true;
    child.kill(signal);
    const kill = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
    await ended;
    clearTimeout(kill);
  };
  try {
    await Promise.race([answering(paths, startTimeoutMs), failed]);
  } catch (error) {
    await close("SIGKILL");
    throw containerdError("CONTAINERD_STOPPED", `containerd did not start: ${await lastLine(paths.log)}`, {
      cause: error,
      hint: `see ${paths.log}`,
    });
  }
  logger.info({ pid: child.pid, socket: paths.socket }, "containerd is ready");
  return {
    socket: paths.socket,
    runtime: { root: paths.runc },
    pid: child.pid as number,
    logFile: paths.log,
    failed,
    close,
  };
}

async function answering({ socket }: InstancePaths, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      const client = await connectContainerd({ socket, namespace: "default" });
      client.close();
      return;
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await systemClock.sleep(pollMs);
    }
  }
}

async function lastLine(path: string): Promise<string> {
  return (await readTextIfExists(path))?.trim().split("\n").at(-1) ?? "";
}
