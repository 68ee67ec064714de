import { Command } from "commander";
import { type ServeFlags, serveApi } from "../parts/api-server.ts";
import { partContext, withLogOptions } from "../parts/part-options.ts";
import { runParts } from "../parts/run-part.ts";

export function apiserverCommand(): Command {
  return withLogOptions(new Command("apiserver"))
    .requiredOption("--etcd <endpoint...>", "https://127.0.0.1:2379, one for each member")
    .option("--listen <address...>", "addresses to serve on", ["127.0.0.1:6443"])
    .option("--tls-san <host...>", "what else the server is reached by: the name of a load balancer")
    .addHelpText(
      "after",
      "\nExample:\n  drydock apiserver --etcd https://127.0.0.1:2379 --listen 127.0.0.1:7443\n\nCertificates are those of the data directory.\n",
    )
    .action(async (options: ServeFlags, command: Command) => {
      const { settings, logger } = await partContext(command);
      await runParts(logger, async (started, signal) => {
        started(await serveApi(settings.dataDir, options, logger, signal));
      });
    });
}
