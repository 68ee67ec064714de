import { readFile } from "node:fs/promises";
import { loadKubeconfig } from "@drydock/machinery";
import { startAgent } from "@drydock/node-agent";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { nodeDirectories } from "../join/node-directories.ts";
import { heartbeatOptions, withHeartbeatOptions } from "../parts/heartbeat-options.ts";
import { agentPort, runNodeAgent } from "../parts/node-agent.ts";
import { partContext, withLogOptions } from "../parts/part-options.ts";
import { runParts } from "../parts/run-part.ts";
import { runtimeOptions, withRuntimeOptions } from "../parts/runtime-options.ts";

interface AgentFlags {
  nodeName: string;
  address: string;
  podCidr?: string;
  certificateDir?: string;
  servingCert?: string;
  servingKey?: string;
  clientCa?: string;
  stateDir?: string;
  imagesDir?: string;
}

export function agentCommand(): Command {
  return withHeartbeatOptions(withRuntimeOptions(withLogOptions(new Command("agent"))))
    .requiredOption("--node-name <name>", "name of this node")
    .requiredOption("--address <ip>", "address that the API server and other nodes reach it by")
    .option("--pod-cidr <cidr>", "addresses of its pods (default: the cluster gives it a range)")
    .option("--certificate-dir <dir>", "what drydock join wrote (default: node/certificates in the data directory)")
    .option("--serving-cert <file>", "instead of joining: certificate (PEM) for the agent's own server")
    .option("--serving-key <file>", "its key")
    .option("--client-ca <file>", "authority of who may call that server")
    .option("--state-dir <dir>", "what the agent keeps (default: node/state in the data directory)")
    .option("--images-dir <dir>", "the image store (default: images in the data directory)")
    .addHelpText(
      "after",
      `
Examples:
  drydock agent --node-name worker-1 --address 10.0.0.2      on a machine that has joined: it renews its certificates
  drydock status                                             shows the agents that up has started, each inside its node
`,
    )
    .action(async (flags: AgentFlags, command: Command) => {
      const { settings, logger } = await partContext(command);
      const { nodeName, address, podCidr, servingCert, servingKey, clientCa } = flags;
      const runtime = { ...runtimeOptions(command, settings), ...heartbeatOptions(command) };
      const directories = nodeDirectories(settings.dataDir);
      const stateDir = flags.stateDir ?? directories.state;
      const imagesDir = flags.imagesDir ?? directories.images;
      if (servingCert === undefined && servingKey === undefined && clientCa === undefined) {
        const certificateDir = flags.certificateDir ?? directories.certificates;
        return runNodeAgent({ nodeName, address, podCidr, certificateDir, stateDir, imagesDir, ...runtime }, logger);
      }
      if (servingCert === undefined || servingKey === undefined || clientCa === undefined) {
        throw failure("CLI_USAGE", "--serving-cert, --serving-key and --client-ca go together");
      }
      const [client, cert, key, ca] = await Promise.all([
        loadKubeconfig(settings.kubeconfig),
        readFile(servingCert, "utf8"),
        readFile(servingKey, "utf8"),
        readFile(clientCa, "utf8"),
      ]);
      await runParts(logger, async (started, signal) => {
        started(
          await startAgent({
            client,
            logger,
            nodeName,
            address,
            port: agentPort,
            ...(podCidr === undefined ? {} : { podCidr }),
            serving: { cert, key, clientCa: ca },
            stateDir,
            imageDir: imagesDir,
            ...runtime,
            signal,
          }),
        );
      });
    });
}
