import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { type ErrorData, errorFromData } from "@drydock/kit";
import { failure } from "../errors.ts";
import { remark } from "../output/print.ts";
import { identityOf, markerVariable } from "./identity.ts";
import { lastLines } from "./last-lines.ts";
import { noteNewDirectories } from "./new-directories.ts";
import { dataPaths, logPath } from "./paths.ts";
import { requireDataDir } from "./preflight.ts";
import { type Progress, progressText } from "./progress.ts";
import { selfCommand } from "./self-command.ts";
import { StatusLine } from "./status-line.ts";
import type { UpOptions } from "./up-options.ts";

/** What a supervisor in the background says to the `up` that started it, one JSON line each. */
export type SupervisorMessage = Progress | { type: "failed"; error: ErrorData };

/**
 * Starts a supervisor in the background and returns when its cluster is ready. Until then the two are tied together by a socket: when this process
 * ends, however it does, the supervisor takes down what it has made. A signal asks it to, and is waited for.
 */
export async function upDetached(options: UpOptions): Promise<void> {
  const made = await noteNewDirectories(options.dataDir);
  await requireDataDir(options.dataDir);
  const paths = dataPaths(options.dataDir);
  mkdirSync(paths.logs, { recursive: true });
  const logFile = logPath(paths, "supervisor");
  const log = openSync(logFile, "a");
  const [file, args] = selfCommand(["supervise", "--options", JSON.stringify(options)]);
  const supervisor = spawn(file, args, {
    detached: true,
    stdio: ["ignore", log, log, "pipe"],
    cwd: "/",
    env: { ...process.env, [markerVariable]: identityOf(options.dataDir).id },
  });
  closeSync(log);
  const channel = supervisor.stdio[3] as Duplex;
  const ended = new Promise<void>((resolve) => {
    supervisor.once("exit", () => resolve());
    supervisor.once("error", () => resolve());
  });

  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    channel.end();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const line = new StatusLine(process.stderr);
  try {
    const outcome = await follow(channel, line);
    line.end();
    if (outcome?.type === "failed") throw errorFromData(outcome.error);
    if (outcome?.type !== "ready") {
      await ended;
      if (interrupted) throw failure("CLUSTER_INTERRUPTED", "the start of the cluster was ended");
      throw failure("CLUSTER_COMPONENT_FAILED", `the supervisor ended: ${await lastLines(logFile, 3)}`, {
        hint: `its log is ${logFile}`,
      });
    }
    remark(progressText(outcome) ?? "");
  } catch (error) {
    await ended;
    await made.removeEmpty();
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
    channel.destroy();
    supervisor.unref();
  }
}

/** Shows progress until the cluster is ready or has failed; undefined when the supervisor ended without a word. */
async function follow(channel: Duplex, line: StatusLine): Promise<SupervisorMessage | undefined> {
  for await (const text of createInterface({ input: channel })) {
    const message = JSON.parse(text) as SupervisorMessage;
    if (message.type === "ready" || message.type === "failed") return message;
    const shown = progressText(message);
    if (shown !== undefined) line.show(shown);
  }
  return undefined;
}
