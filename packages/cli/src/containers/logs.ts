import type { Command } from "commander";
import { seconds } from "../parse/seconds.ts";
import { wholeNumber } from "../parse/whole-number.ts";
import { engineContext, observe, withEngine } from "./engine.ts";
import { following, notFollowing, writeOutput } from "./output.ts";
import { placeOf } from "./place.ts";
import type { ContainerRecord } from "./record.ts";
import { ensureKeeper } from "./run-detached.ts";

export interface ContainerLogFlags {
  follow?: boolean;
  tail?: string;
  since?: string;
  sinceTime?: string;
  timestamps?: boolean;
}

/** Prints what a container has written; with -f until it has ended, or Ctrl-C. */
export async function printContainerLogs(
  command: Command,
  record: ContainerRecord,
  flags: ContainerLogFlags,
): Promise<void> {
  const context = await engineContext(command);
  const sinceTime =
    flags.sinceTime ??
    (flags.since === undefined
      ? undefined
      : new Date(Date.now() - seconds(flags.since, "--since") * 1000).toISOString());
  const options = {
    follow: flags.follow ?? false,
    timestamps: flags.timestamps ?? false,
    ...(flags.tail === undefined || flags.tail === "-1" ? {} : { tailLines: wholeNumber(flags.tail, "--tail") }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
  };
  await withEngine(context.dataDir, record, async (engine) => {
    if ((await observe(engine, record))?.run?.state === "running") await ensureKeeper(context.dataDir, record);
    const hooks = options.follow ? following(engine, record, new AbortController().signal) : notFollowing;
    await writeOutput(placeOf(context.dataDir, record.runtime), record, options, hooks);
  });
}
