import { Command } from "commander";
import { deleteCommand } from "../runtime/delete.ts";
import { execCommand } from "../runtime/exec.ts";
import { killCommand } from "../runtime/kill.ts";
import { listCommand } from "../runtime/list.ts";
import { planCommand } from "../runtime/plan.ts";
import { psCommand } from "../runtime/ps.ts";
import { runCommand } from "../runtime/run.ts";
import { specCommand } from "../runtime/spec.ts";
import { stateCommand } from "../runtime/state.ts";

export function runtimeCommand(): Command {
  return new Command("runtime")
    .option("--root <dir>", "where containers are written down (default: /run/drydock/runtime)")
    .addCommand(specCommand())
    .addCommand(planCommand())
    .addCommand(runCommand())
    .addCommand(execCommand())
    .addCommand(stateCommand())
    .addCommand(listCommand())
    .addCommand(psCommand())
    .addCommand(killCommand())
    .addCommand(deleteCommand())
    .addHelpText(
      "after",
      `
Containers of this machine, from OCI bundles, without a cluster. Nothing runs in between.

Examples:
  mkdir -p box/rootfs/bin && cp /bin/busybox box/rootfs/bin/sh
  drydock runtime spec --bundle box
  drydock runtime plan box --explain
  drydock runtime run --bundle box c1
  drydock runtime run --bundle box c1 --step
`,
    );
}
