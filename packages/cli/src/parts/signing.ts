import { ensurePki, type SigningOptions } from "@drydock/control-plane";
import type { Logger } from "@drydock/kit";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { parseCidr } from "../network/cidr.ts";
import { seconds } from "../parse/seconds.ts";
import { dataPaths } from "../supervisor/paths.ts";

interface JoinControllerFlags {
  signingDuration?: string;
  clusterCidr?: string;
}

/** What controllers give to nodes that join: certificates and a range for their pods. */
export function withJoinOptions(command: Command): Command {
  return command
    .option("--signing-duration <time>", "longest life of certificates that nodes get (default: 7d)")
    .option("--cluster-cidr <cidr>", "network of which nodes get a /24 each for their pods (default: 10.88.0.0/16)");
}

/** The authority is that of the data directory. */
export async function joinOptions(
  command: Command,
  dataDir: string,
  logger: Logger,
): Promise<{ signing: SigningOptions; clusterCidr?: string }> {
  const { signingDuration, clusterCidr } = command.opts<JoinControllerFlags>();
  if (clusterCidr !== undefined && !parseCidr(clusterCidr)) {
    throw failure("CLI_USAGE", `--cluster-cidr: "${clusterCidr}" is no IPv4 network`, {
      hint: "write it like 10.88.0.0/16",
    });
  }
  const { ca } = await ensurePki(dataPaths(dataDir).pki, { hosts: [], logger });
  const durationMs = signingDuration === undefined ? undefined : seconds(signingDuration, "--signing-duration") * 1000;
  return {
    signing: { ca, ...(durationMs === undefined ? {} : { durationMs }) },
    ...(clusterCidr === undefined ? {} : { clusterCidr }),
  };
}
