import { Socket } from "node:net";
import { DrydockError, messageOf } from "@drydock/kit";
import { takeLock } from "../supervisor/lock.ts";
import { type EngineContext, untilEnded, withEngine } from "./engine.ts";
import { keeperLock } from "./keeper-lock.ts";
import { findRecord } from "./record.ts";
import type { KeeperMessage } from "./run-detached.ts";
import { removeContainer, startContainer } from "./start.ts";

/** Descriptor of the pipe to the command that started this process. */
const channelFd = 3;

/**
 * The process behind a detached container: starts it, or takes it on when its keeper was killed, writes its log, and goes when it has ended.
 * containerd has its shims and podman its conmon for this. It can be killed: the container goes on, and its output waits.
 */
export async function keep(context: EngineContext, name: string, { start }: { start: boolean }): Promise<void> {
  // Its terminal may be closed, and a Ctrl-C there is not meant for it.
  for (const signal of ["SIGHUP", "SIGINT"] as const) process.on(signal, () => {});
  const channel = new Socket({ fd: channelFd, readable: false, writable: true });
  // Whoever started us may have been killed; the container is wanted all the same.
  channel.on("error", () => {});
  const say = (message: KeeperMessage): void => void channel.end(`${JSON.stringify(message)}\n`);
  try {
    const record = await findRecord(context.dataDir, name, context.kind);
    const lock = await takeLock(keeperLock(record), 0, `the output of ${name} is read already`);
    await withEngine(
      context.dataDir,
      record,
      async (engine) => {
        const run = start
          ? await startContainer(engine, record, context.dataDir, new AbortController().signal)
          : undefined;
        say(run?.state === "exited" && run.startedAt === undefined ? refused(run.message) : { type: "started" });
        await untilEnded(engine, record);
        if (record.request.remove) await removeContainer(engine, record, context.dataDir);
        else await engine.pods.stopSandbox(record.uid);
      },
      { keeps: record.uid, starts: start },
    );
    await lock.release();
  } catch (error) {
    const data = error instanceof DrydockError ? error.toJSON() : { code: "RUN_KEEPER", message: messageOf(error) };
    say({ type: "failed", error: data });
    process.exitCode = 1;
  }
}

function refused(message = "it could not be started"): KeeperMessage {
  return { type: "refused", message };
}
