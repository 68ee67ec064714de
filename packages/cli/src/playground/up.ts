import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { remark } from "../output/print.ts";
import { preflight } from "./preflight.ts";
import { progressOf } from "./progress.ts";
import { machineNames, type PlaygroundSettings, playgroundKubeconfig } from "./settings.ts";
import { vagrantLines } from "./vagrant.ts";

/** Brings all machines up, with a line for each thing that happens. `provision`: also those that have been provisioned already. */
export async function up(
  settings: PlaygroundSettings,
  { provider, provision }: { provider: string | undefined; provision: boolean },
): Promise<void> {
  const startedAt = performance.now();
  const maker = await preflight(settings, provider, hasProgram, remark);
  remark(`playground: ${machineNames(settings).join(", ")} by ${maker.provider}`);
  const args = ["up", "--provider", maker.provider, ...(provision ? ["--provision"] : [])];
  const onLine = (line: string): void => {
    const progress = progressOf(line);
    if (progress) remark(`${seconds(startedAt)}  ${progress.machine.padEnd(4)} ${progress.text}`);
  };
  await vagrantLines({ ...settings, program: maker.program }, args, onLine, () =>
    remark("interrupted; drydock playground up goes on, drydock playground down removes what is there"),
  );
  remark(`${seconds(startedAt)}  all machines are up; their nodes become Ready now`);
  remark(`  export KUBECONFIG=${playgroundKubeconfig(settings)}`);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(0).padStart(5)} s`;
}

function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      // Not in this directory.
      return false;
    }
  });
}
