import { hostname } from "node:os";
import { startScheduler } from "@drydock/control-plane";
import { Command } from "commander";
import { componentClient } from "../parts/component-client.ts";
import { partContext, withLogOptions } from "../parts/part-options.ts";
import { runParts } from "../parts/run-part.ts";

export function schedulerCommand(): Command {
  return withLogOptions(new Command("scheduler"))
    .addHelpText("after", "\nExample:\n  drydock scheduler --log-level debug\n\nOf several only the leader acts.\n")
    .action(async (_options, command: Command) => {
      const { settings, logger } = await partContext(command);
      const client = await componentClient(settings, "scheduler", logger);
      const leaderElection = { identity: `${hostname()}-${process.pid}` };
      try {
        await runParts(logger, async (started) => {
          started(await startScheduler({ client, logger, leaderElection }));
        });
      } finally {
        await client.close();
      }
    });
}
