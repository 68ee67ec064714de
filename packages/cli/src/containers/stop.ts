import type { Command } from "commander";
import { failure } from "../errors.ts";
import { print } from "../output/print.ts";
import { seconds } from "../parse/seconds.ts";
import { engineContext, observe, untilEnded, withEngine } from "./engine.ts";
import { findRecord } from "./record.ts";
import { removeContainer } from "./start.ts";

/** Sends each its stop signal, and SIGKILL when the time is over. */
export async function stopContainers(command: Command, words: string[], { time }: { time: string }): Promise<void> {
  const context = await engineContext(command);
  const graceMs = seconds(time, "--time") * 1000;
  const records = await Promise.all(words.map((word) => findRecord(context.dataDir, word, context.kind)));
  await Promise.all(
    records.map((record) =>
      withEngine(context.dataDir, record, async (engine) => {
        const run = (await observe(engine, record))?.run;
        if (run?.state === "running") {
          await engine.pods.stopContainer(run.id, graceMs);
          await untilEnded(engine, record);
          await engine.pods.stopSandbox(record.uid);
        }
        print(record.name);
      }),
    ),
  );
}

export async function removeContainers(
  command: Command,
  words: string[],
  { force = false }: { force?: boolean },
): Promise<void> {
  const context = await engineContext(command);
  for (const word of words) {
    const record = await findRecord(context.dataDir, word, context.kind);
    await withEngine(context.dataDir, record, async (engine) => {
      const run = (await observe(engine, record))?.run;
      if (run?.state === "running") {
        if (!force) {
          throw failure("RUN_STILL_RUNNING", `container "${record.name}" runs`, {
            hint: `drydock stop ${record.name} first, or drydock rm -f ${record.name}`,
          });
        }
        await engine.pods.stopContainer(run.id, 0);
        await untilEnded(engine, record);
      }
      await removeContainer(engine, record, context.dataDir);
      print(record.name);
    });
  }
}
