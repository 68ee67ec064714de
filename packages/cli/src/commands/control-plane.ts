import { hostname } from "node:os";
import { startControllers, startScheduler } from "@drydock/control-plane";
import { Command } from "commander";
import { ensureAdminKubeconfig } from "../parts/admin-kubeconfig.ts";
import { type ServeFlags, serveApi } from "../parts/api-server.ts";
import { componentClient } from "../parts/component-client.ts";
import { controllerTimes, withControllerTimes } from "../parts/controller-times.ts";
import { partContext, withLogOptions } from "../parts/part-options.ts";
import { runParts } from "../parts/run-part.ts";
import { joinOptions, withJoinOptions } from "../parts/signing.ts";

export function controlPlaneCommand(): Command {
  return withJoinOptions(withControllerTimes(withLogOptions(new Command("control-plane"))))
    .requiredOption("--etcd <endpoint...>", "https://127.0.0.1:2379, one for each member")
    .option("--listen <address...>", "addresses to serve on", ["127.0.0.1:6443"])
    .option("--tls-san <host...>", "what else the server is reached by: the name of a load balancer")
    .addHelpText(
      "after",
      `
Example:
  drydock control-plane --etcd https://127.0.0.1:2379

Several may run beside one another on the same etcd, each on a machine of its own with the same authorities: of the
controllers and schedulers only the leaders act. The administrator's kubeconfig is written when there is none.
`,
    )
    .action(async (options: ServeFlags, command: Command) => {
      const { settings, logger } = await partContext(command);
      await runParts(logger, async (started, signal) => {
        const server = await serveApi(settings.dataDir, options, logger, signal);
        started(server);
        const url = ownUrl(server.url);
        await ensureAdminKubeconfig(settings, url);
        const [controllersClient, schedulerClient, joining] = await Promise.all([
          componentClient(settings, "controller-manager", logger, url),
          componentClient(settings, "scheduler", logger, url),
          joinOptions(command, settings.dataDir, logger),
        ]);
        for (const client of [controllersClient, schedulerClient]) {
          started({ failed: new Promise<never>(() => {}), close: () => client.close() });
        }
        // Another machine has another name, and another process on this one another port. After a restart it is the same
        // name again: the lease that was held before is ours at once.
        const leaderElection = { identity: `${hostname()}_${new URL(url).host}` };
        const times = controllerTimes(command);
        const controllers = { client: controllersClient, logger, leaderElection, ...times, ...joining };
        started(await startControllers(controllers));
        started(await startScheduler({ client: schedulerClient, logger, leaderElection }));
      });
    });
}

/** Who listens on all addresses is reached by loopback. */
function ownUrl(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//127.0.0.1:");
}
