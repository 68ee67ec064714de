import { hostname } from "node:os";
import { startControllers } from "@drydock/control-plane";
import { Command } from "commander";
import { componentClient } from "../parts/component-client.ts";
import { controllerTimes, withControllerTimes } from "../parts/controller-times.ts";
import { partContext, withLogOptions } from "../parts/part-options.ts";
import { runParts } from "../parts/run-part.ts";
import { joinOptions, withJoinOptions } from "../parts/signing.ts";

export function controllersCommand(): Command {
  return withJoinOptions(withControllerTimes(withLogOptions(new Command("controllers"))))
    .addHelpText("after", "\nExample:\n  drydock controllers --log-level debug\n\nOf several only the leader acts.\n")
    .action(async (_options, command: Command) => {
      const { settings, logger } = await partContext(command);
      const client = await componentClient(settings, "controller-manager", logger);
      const joining = await joinOptions(command, settings.dataDir, logger);
      const leaderElection = { identity: `${hostname()}-${process.pid}` };
      try {
        await runParts(logger, async (started) => {
          started(await startControllers({ client, logger, leaderElection, ...controllerTimes(command), ...joining }));
        });
      } finally {
        await client.close();
      }
    });
}
