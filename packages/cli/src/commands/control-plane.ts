import { startControllers, startScheduler } from "@drydock/control-plane";
import { Command } from "commander";
import { serveApi } from "../parts/api-server.ts";
import { componentClient } from "../parts/component-client.ts";
import { controllerTimes, withControllerTimes } from "../parts/controller-times.ts";
import { partContext, withLogOptions } from "../parts/part-options.ts";
import { runParts } from "../parts/run-part.ts";

export function controlPlaneCommand(): Command {
  return withControllerTimes(withLogOptions(new Command("control-plane")))
    .requiredOption("--etcd <endpoint...>", "https://127.0.0.1:2379, one for each member")
    .option("--listen <address...>", "addresses to serve on", ["127.0.0.1:6443"])
    .addHelpText("after", "\nExample:\n  drydock control-plane --etcd https://127.0.0.1:2379\n")
    .action(async (options: { etcd: string[]; listen: string[] }, command: Command) => {
      const { settings, logger } = await partContext(command);
      // The same name after a restart: the lease that was held before is ours at once.
      const leaderElection = { identity: "control-plane" };
      const [controllersClient, schedulerClient] = await Promise.all([
        componentClient(settings, "controller-manager", logger),
        componentClient(settings, "scheduler", logger),
      ]);
      try {
        await runParts(logger, async (started) => {
          started(await serveApi(settings.dataDir, options, logger));
          const times = controllerTimes(command);
          started(await startControllers({ client: controllersClient, logger, leaderElection, ...times }));
          started(await startScheduler({ client: schedulerClient, logger, leaderElection }));
        });
      } finally {
        await Promise.all([controllersClient.close(), schedulerClient.close()]);
      }
    });
}
