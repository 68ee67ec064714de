import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLabCluster } from "@drydock/labs";
import { ExitStatus } from "../exit-status.ts";
import { print } from "../output/print.ts";
import { wholeNumber } from "../parse/whole-number.ts";

export interface LabClusterFlags {
  without?: string;
  nodes?: string;
}

/**
 * A control plane of which parts may be left out, for a program that takes their place: until Ctrl-C, or while `command` runs. It needs no root, and nothing is left of it.
 */
export async function runLabCluster(command: readonly string[], flags: LabClusterFlags): Promise<void> {
  const without = flags.without?.split(",") ?? [];
  const nodes = wholeNumber(flags.nodes ?? "0", "--nodes");
  const directory = await mkdtemp(join(tmpdir(), "drydock-lab-cluster-"));
  // Ours to clean up, whoever is asked to end: a terminal asks us and the command at once.
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
  try {
    const cluster = await startLabCluster({ directory, without, nodes, verbose: command.length === 0 });
    try {
      const { kubeconfig } = cluster;
      const { url } = await cluster.gateway();
      const environment = { KUBECONFIG: kubeconfig, DRYDOCK_KUBECONFIG: kubeconfig, API: url };
      if (command.length > 0) return await runIn(command, environment);
      print(
        [
          `a control plane${without.length > 0 ? ` without ${without.join(", ")}` : ""}, ${nodes} hollow node${nodes === 1 ? "" : "s"}; Ctrl-C ends it`,
          "",
          "In another terminal:",
          "",
          `  export KUBECONFIG=${kubeconfig} DRYDOCK_KUBECONFIG=${kubeconfig}`,
          `  export API=${url}      the same over plain HTTP, as kubectl proxy has it`,
        ].join("\n"),
      );
      await asked;
    } finally {
      await cluster.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs the command with the cluster in its environment, and ends as it does. */
async function runIn(
  [file = "", ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn(file, args, { stdio: "inherit", env: { ...process.env, ...environment } });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGTERM", forward);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode) => resolve(exitCode ?? 1));
  });
  process.off("SIGTERM", forward);
  if (code !== 0) throw new ExitStatus(code);
}
