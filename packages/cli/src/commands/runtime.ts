import { specVersion } from "@drydock/runtime";
import { Command } from "commander";
import { print } from "../output/print.ts";
import { createCommand } from "../runtime/create.ts";
import { deleteCommand } from "../runtime/delete.ts";
import { eventsCommand } from "../runtime/events.ts";
import { execCommand } from "../runtime/exec.ts";
import { featuresCommand } from "../runtime/features.ts";
import { killCommand } from "../runtime/kill.ts";
import { listCommand } from "../runtime/list.ts";
import { pauseCommand, resumeCommand } from "../runtime/pause.ts";
import { planCommand } from "../runtime/plan.ts";
import { psCommand } from "../runtime/ps.ts";
import { runCommand } from "../runtime/run.ts";
import { serveCommand } from "../runtime/serve.ts";
import { specCommand } from "../runtime/spec.ts";
import { startCommand } from "../runtime/start.ts";
import { stateCommand } from "../runtime/state.ts";
import { updateCommand } from "../runtime/update.ts";
import { version } from "../version.ts";

export function runtimeCommand(): Command {
  return new Command("runtime")
    .option("--root <dir>", "where containers are written down (default: /run/drydock/runtime)")
    .option("--log <file>", "append what goes wrong to this file, too")
    .option("--log-format <format>", "of that file: text or json", "text")
    .option("--debug", "log what is done, too")
    .option("--systemd-cgroup", "refused: cgroups are made without systemd")
    .addCommand(specCommand())
    .addCommand(planCommand())
    .addCommand(runCommand())
    .addCommand(createCommand())
    .addCommand(startCommand())
    .addCommand(execCommand())
    .addCommand(stateCommand())
    .addCommand(listCommand())
    .addCommand(psCommand())
    .addCommand(eventsCommand())
    .addCommand(killCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand())
    .addCommand(updateCommand())
    .addCommand(deleteCommand())
    .addCommand(featuresCommand())
    .addCommand(serveCommand())
    .addCommand(versionCommand())
    .addHelpText(
      "after",
      `
Containers of this machine, from OCI bundles, without a cluster. Nothing runs in between. bin/drydock-runtime is the same
command under the name of an OCI runtime, for tools that call one: ctr run --runc-binary, BinaryName of containerd.

Examples:
  mkdir -p box/rootfs/bin && cp /bin/busybox box/rootfs/bin/sh
  drydock runtime spec --bundle box
  drydock runtime plan box --explain
  drydock runtime run --bundle box c1
  drydock runtime run --bundle box c1 --step
`,
    );
}

/** In the form that callers of runc parse; bin/drydock-runtime --version. */
function versionCommand(): Command {
  return new Command("version")
    .description("print the version of this runtime and of the runtime-spec")
    .action(() => print(`drydock-runtime version ${version}\nspec: ${specVersion}`));
}
