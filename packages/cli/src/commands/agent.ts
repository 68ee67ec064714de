import { readFile } from "node:fs/promises";
import { loadKubeconfig } from "@drydock/machinery";
import { startAgent } from "@drydock/node-agent";
import { Command } from "commander";
import { partContext, withLogOptions } from "../parts/part-options.ts";
import { runParts } from "../parts/run-part.ts";

/** The port of kubelets, which every tool expects. */
const agentPort = 10250;

interface AgentFlags {
  nodeName: string;
  address: string;
  podCidr: string;
  servingCert: string;
  servingKey: string;
  clientCa: string;
  stateDir: string;
  imagesDir: string;
}

export function agentCommand(): Command {
  return withLogOptions(new Command("agent"))
    .requiredOption("--node-name <name>", "name of this node")
    .requiredOption("--address <ip>", "address that the API server and other nodes reach it by")
    .requiredOption("--pod-cidr <cidr>", "addresses of its pods")
    .requiredOption("--serving-cert <file>", "certificate (PEM) for the agent's own server")
    .requiredOption("--serving-key <file>", "its key")
    .requiredOption("--client-ca <file>", "authority of who may call that server")
    .requiredOption("--state-dir <dir>", "what the agent keeps")
    .requiredOption("--images-dir <dir>", "the image store")
    .addHelpText(
      "after",
      "\nExample:\n  drydock status shows the agents of a cluster; up starts each like this inside its node, with a kubeconfig of its own\n",
    )
    .action(async (flags: AgentFlags, command: Command) => {
      const { settings, logger } = await partContext(command);
      const [client, cert, key, clientCa] = await Promise.all([
        loadKubeconfig(settings.kubeconfig),
        readFile(flags.servingCert, "utf8"),
        readFile(flags.servingKey, "utf8"),
        readFile(flags.clientCa, "utf8"),
      ]);
      await runParts(logger, async (started) => {
        const { nodeName, address, podCidr, stateDir, imagesDir } = flags;
        const serving = { cert, key, clientCa };
        started(
          await startAgent({
            client,
            logger,
            nodeName,
            address,
            port: agentPort,
            podCidr,
            serving,
            stateDir,
            imageDir: imagesDir,
          }),
        );
      });
    });
}
