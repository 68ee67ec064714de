import type { Command } from "commander";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { forwardSignals } from "../runtime/forward-signals.ts";
import { relayStreams } from "../runtime/relay-streams.ts";
import { engineContext, observe, withEngine } from "./engine.ts";
import type { ContainerRecord } from "./record.ts";

export interface ContainerExecFlags {
  stdin?: boolean;
  tty?: boolean;
}

/** Runs a command in a container with our streams, and ends with its exit code. */
export async function execInContainer(
  command: Command,
  record: ContainerRecord,
  words: string[],
  { stdin = false, tty = false }: ContainerExecFlags,
): Promise<void> {
  if (tty && stdin && !process.stdin.isTTY) {
    throw failure("CLI_NO_TERMINAL", "-t needs a terminal, and standard input is none", { hint: "leave -t out" });
  }
  const context = await engineContext(command);
  const code = await withEngine(context.dataDir, record, async (engine) => {
    const run = (await observe(engine, record))?.run;
    if (run?.state !== "running") {
      throw failure("RUN_NOT_RUNNING", `container "${record.name}" does not run`, {
        hint: `drydock logs ${record.name} shows what it said; drydock ps -a how it ended`,
      });
    }
    const signals = forwardSignals();
    try {
      const session = await engine.pods.exec(run.id, { command: words, stdin, tty });
      signals.to((signal) => session.kill(signal));
      return (await relayStreams(session, session.exit, { stdin, tty })).code;
    } finally {
      signals.stop();
    }
  });
  if (code !== 0) throw new ExitStatus(code);
}
