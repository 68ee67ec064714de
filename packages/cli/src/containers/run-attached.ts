import type { ObservedContainer } from "@drydock/node-agent";
import { ExitStatus } from "../exit-status.ts";
import { remark } from "../output/print.ts";
import { forwardSignals } from "../runtime/forward-signals.ts";
import { takeLock } from "../supervisor/lock.ts";
import { untilEnded, withEngine } from "./engine.ts";
import { keeperLock } from "./keeper-lock.ts";
import { following, writeOutput } from "./output.ts";
import type { ContainerRecord } from "./record.ts";
import { removeContainer, startContainer } from "./start.ts";

/** Time between the stop signal and SIGKILL after Ctrl-C, ms; a second Ctrl-C does not wait. */
const graceMs = 10_000;

/** Runs a container with its output on ours, and ends with its exit code. Ctrl-C stops the container. */
export async function runAttached(dataDir: string, record: ContainerRecord): Promise<void> {
  const signals = forwardSignals();
  const interrupted = new AbortController();
  let asked = 0;
  // Before it runs there is nothing to stop: what is under way is ended.
  signals.to(() => interrupted.abort());
  const lock = await takeLock(keeperLock(record), 0, `the output of ${record.name} is read by another process`);
  try {
    await withEngine(
      dataDir,
      record,
      async (engine) => {
        const started = await startContainer(engine, record, dataDir, interrupted.signal);
        signals.to(() => {
          asked += 1;
          void engine.pods.stopContainer(started.id, asked === 1 ? graceMs : 0).catch(() => {});
        });
        if (interrupted.signal.aborted) await engine.pods.stopContainer(started.id, graceMs);
        if (started.startedAt === undefined && started.message) remark(`drydock: ${started.message}`);
        await writeOutput(
          engine.place,
          record,
          { follow: true },
          following(engine, record, new AbortController().signal),
        );
        const ended = await untilEnded(engine, record);
        if (record.request.remove) await removeContainer(engine, record, dataDir);
        // The address and the namespaces are for those that run.
        else await engine.pods.stopSandbox(record.uid);
        endWith(ended);
      },
      { keeps: record.uid, starts: true },
    );
  } finally {
    signals.stop();
    await lock.release();
  }
}

function endWith(run: ObservedContainer | undefined): void {
  const { exitCode = 0, reason } = run ?? {};
  if (reason === "OOMKilled") remark("drydock: the kernel killed it for lack of memory (--memory gives more)");
  if (exitCode !== 0) throw new ExitStatus(exitCode);
}
