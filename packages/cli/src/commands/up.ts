import { Command } from "commander";
import { failure } from "../errors.ts";
import { settingsOf } from "../settings/settings.ts";
import { requireRoot } from "../supervisor/preflight.ts";
import { upDetached } from "../supervisor/up-detached.ts";
import { upForeground } from "../supervisor/up-foreground.ts";
import { findRunning } from "../supervisor/up-running.ts";

export function upCommand(): Command {
  return new Command("up")
    .option("--nodes <count>", "number of nodes (default: as the last time, else 1; DRYDOCK_NODES)")
    .option("--detach", "end when the cluster is ready, and leave it running")
    .option("--port <port>", "port of the API server, 0 for any (default: as the last time, else 6443; DRYDOCK_PORT)")
    .option(
      "--network <cidr>",
      "a free /16 for nodes and pods (default: as the last time, else chosen; DRYDOCK_NETWORK)",
    )
    .option("--runtime <name>", "what runs containers: native (DRYDOCK_RUNTIME)")
    .addHelpText(
      "after",
      `
Examples:
  drydock up                        one node; Ctrl-C stops it
  drydock up --nodes 3 --detach
  drydock up --data-dir /tmp/other --port 0 --detach

A second up continues with the data of the first; where one runs already it says so.
`,
    )
    .action(async (options: { detach?: boolean }, command: Command) => {
      requireRoot();
      const settings = await settingsOf(command);
      const { dataDir, kubeconfig, nodes, port, network, runtime, logLevel } = settings;
      if (runtime === "containerd" || runtime === "cri") {
        throw failure("CLI_USAGE", "up starts its nodes as containers of our own runtime, not on containerd", {
          hint: `a machine on which containerd runs is a node by itself: drydock join --runtime ${runtime}`,
        });
      }
      const asked = { dataDir, kubeconfig, nodes, port, network, runtime, logLevel };
      if (await findRunning(asked)) return;
      await (options.detach ? upDetached(asked) : upForeground(asked));
    });
}
