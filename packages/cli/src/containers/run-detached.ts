import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { type ErrorData, errorFromData } from "@drydock/kit";
import { failure } from "../errors.ts";
import { print, remark } from "../output/print.ts";
import { tryLock } from "../supervisor/lock.ts";
import { selfCommand } from "../supervisor/self-command.ts";
import { withEngine } from "./engine.ts";
import { keeperLock } from "./keeper-lock.ts";
import { type ContainerRecord, shortId } from "./record.ts";
import { startContainer } from "./start.ts";

/** What a keeper says to who started it, one JSON line. */
export type KeeperMessage =
  | { type: "started" }
  /** It is there, and ended before it ran. */
  | { type: "refused"; message: string }
  | { type: "failed"; error: ErrorData };

/** Starts a container and prints its id. */
export async function runDetached(dataDir: string, record: ContainerRecord): Promise<void> {
  const refusal = hasKeeper(record) ? await startKeeper(dataDir, record, true) : await startHere(dataDir, record);
  print(shortId(record));
  if (refusal !== undefined) remark(`drydock: ${refusal}`);
}

/** A CRI runtime writes logs itself. */
function hasKeeper({ runtime }: ContainerRecord): boolean {
  return runtime !== "cri";
}

function startHere(dataDir: string, record: ContainerRecord): Promise<string | undefined> {
  return withEngine(
    dataDir,
    record,
    async (engine) => {
      const run = await startContainer(engine, record, dataDir, new AbortController().signal);
      return run.startedAt === undefined ? run.message : undefined;
    },
    { starts: true },
  );
}

/** Gives a container that runs a keeper again when its own was killed: its output waits in a pipe that is soon full. */
export async function ensureKeeper(dataDir: string, record: ContainerRecord): Promise<void> {
  if (!hasKeeper(record)) return;
  const lock = await tryLock(keeperLock(record));
  if (!lock) return;
  await lock.release();
  await startKeeper(dataDir, record, false);
}

/** Resolves when it keeps; with a sentence when the container could not be executed. Throws what it could not do. */
async function startKeeper(
  dataDir: string,
  { name, runtime }: ContainerRecord,
  start: boolean,
): Promise<string | undefined> {
  const [file, args] = selfCommand([
    "keep",
    ...["--data-dir", dataDir, "--runtime", runtime],
    ...(start ? ["--start"] : []),
    name,
  ]);
  const keeper = spawn(file, args, { detached: true, stdio: ["ignore", "ignore", "ignore", "pipe"], cwd: "/" });
  keeper.unref();
  const channel = keeper.stdio[3] as Duplex;
  const ended = once(keeper, "exit").catch(() => []);
  try {
    for await (const line of createInterface({ input: channel })) {
      const message = JSON.parse(line) as KeeperMessage;
      if (message.type === "failed") throw errorFromData(message.error);
      return message.type === "refused" ? message.message : undefined;
    }
  } finally {
    channel.destroy();
  }
  const [code, signal] = await ended;
  throw failure("RUN_KEEPER", `the keeper of ${name} ended (${signal ?? code}) without a word`, {
    hint: `drydock rm -f ${name}, and try again`,
  });
}
