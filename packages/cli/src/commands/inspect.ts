import { Command } from "commander";
import { cgroupCommand } from "../inspect/commands/cgroup.ts";
import { mountsCommand } from "../inspect/commands/mounts.ts";
import { nsCommand } from "../inspect/commands/ns.ts";
import { procCommand } from "../inspect/commands/proc.ts";
import { syscallsCommand } from "../inspect/commands/syscalls.ts";

export function inspectCommand(): Command {
  return new Command("inspect")
    .option("-q, --quiet", "only the facts, no sentence about them")
    .option("--root <dir>", "where containers of drydock runtime are written down (default: /run/drydock/runtime)")
    .addCommand(procCommand())
    .addCommand(nsCommand())
    .addCommand(mountsCommand())
    .addCommand(cgroupCommand())
    .addCommand(syscallsCommand())
    .addHelpText(
      "after",
      `
Looks at any process of this machine with the kernel's own means, in a container or not. docs/inspect.md is a first lesson with it.

Examples:
  drydock inspect proc tree
  drydock inspect proc show pod/web-6c9f8-x2x8z
  drydock inspect ns diff self c1
  drydock inspect mounts node/node-1
  drydock inspect cgroup run --memory 64M --cpu 0.5 -- make
  drydock inspect cgroup top
  drydock inspect syscalls -- ls /
`,
    );
}
