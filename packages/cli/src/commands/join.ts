import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { checkHash } from "../join/authority-hash.ts";
import { joinCluster } from "../join/join-cluster.ts";
import { nodeDirectories } from "../join/node-directories.ts";
import { remark } from "../output/print.ts";
import { seconds } from "../parse/seconds.ts";
import { runNodeAgent } from "../parts/node-agent.ts";
import { partContext, withLogOptions } from "../parts/part-options.ts";
import { runtimeOptions, withRuntimeOptions } from "../parts/runtime-options.ts";

interface JoinFlags {
  token?: string;
  tokenFile?: string;
  caCertHash: string[];
  nodeName: string;
  address: string;
  podCidr?: string;
  certificateDir?: string;
  stateDir?: string;
  imagesDir?: string;
  prepareOnly?: boolean;
  timeout: string;
}

export function joinCommand(): Command {
  return withRuntimeOptions(withLogOptions(new Command("join")))
    .argument("<server>", "the API server: https://10.0.0.1:6443")
    .option("--token <token>", "what the cluster lets this machine in by; other users of the machine may see it")
    .option("--token-file <file>", "the same, out of a file")
    .requiredOption("--ca-cert-hash <hash...>", "the cluster's authority: sha256:…")
    .requiredOption("--node-name <name>", "name of this node")
    .requiredOption("--address <ip>", "address that the API server and other nodes reach it by")
    .option("--pod-cidr <cidr>", "addresses of its pods (default: the cluster gives it a range)")
    .option("--certificate-dir <dir>", "where certificates are kept (default: node/certificates in the data directory)")
    .option("--state-dir <dir>", "what the agent keeps (default: node/state in the data directory)")
    .option("--images-dir <dir>", "the image store (default: images in the data directory)")
    .option("--prepare-only", "join and end; something else, such as systemd, runs drydock agent")
    .option("--timeout <time>", "how long joining may take", "2m")
    .addHelpText(
      "after",
      `
Example, as drydock token create --print-join-command prints it:
  drydock join https://10.0.0.1:6443 --token abcdef.0123456789abcdef --ca-cert-hash sha256:… --node-name worker-1 --address 10.0.0.2

A machine that has joined already is left as it is, and its agent runs.
`,
    )
    .action(async (server: string, flags: JoinFlags, command: Command) => {
      const { settings, logger } = await partContext(command);
      const directories = nodeDirectories(settings.dataDir);
      const runtime = runtimeOptions(command, settings);
      const directory = flags.certificateDir ?? directories.certificates;
      if (!isIPv4(flags.address)) {
        throw failure("CLI_USAGE", `--address: "${flags.address}" is no IPv4 address`, {
          hint: "write it like 10.0.0.2",
        });
      }
      const joined = await joinCluster({
        server: serverUrl(server),
        token: await tokenOf(flags),
        hashes: flags.caCertHash.map(checkHash),
        nodeName: flags.nodeName,
        address: flags.address,
        podCidr: flags.podCidr,
        directory,
        timeoutMs: seconds(flags.timeout, "--timeout") * 1000,
        report: (step) => remark(`join: ${step}`),
      });
      if (joined) remark(`join: this machine is node ${flags.nodeName} now; certificates are in ${directory}`);
      if (flags.prepareOnly) return;
      await runNodeAgent(
        {
          nodeName: flags.nodeName,
          address: flags.address,
          podCidr: flags.podCidr,
          certificateDir: directory,
          stateDir: flags.stateDir ?? directories.state,
          imagesDir: flags.imagesDir ?? directories.images,
          ...runtime,
        },
        logger,
      );
    });
}

async function tokenOf({ token, tokenFile }: JoinFlags): Promise<string> {
  if ((token === undefined) === (tokenFile === undefined)) {
    throw failure("CLI_USAGE", "either --token or --token-file is needed", {
      hint: "drydock token create --print-join-command makes one",
    });
  }
  if (tokenFile === undefined) return token ?? "";
  try {
    return (await readFile(tokenFile, "utf8")).trim();
  } catch (cause) {
    throw failure("CLI_USAGE", `--token-file: ${tokenFile} cannot be read`, { cause });
  }
}

/** `10.0.0.1:6443` will do. */
function serverUrl(text: string): string {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `https://${text}`);
  if (url?.protocol !== "https:" || url.pathname !== "/") {
    throw failure("CLI_USAGE", `"${text}" is not the address of an API server`, {
      hint: "write it like https://10.0.0.1:6443",
    });
  }
  return url.origin;
}
