import { Command } from "commander";
import { foreignRuntime, pullFor } from "../containers/images.ts";
import { pullImage } from "../images/images.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function pullCommand(): Command {
  return withRuntimeChoice(new Command("pull"))
    .argument("<image>", "e.g. busybox:1.36 or localhost:5000/web:v1")
    .addHelpText(
      "after",
      `
Examples:
  drydock pull busybox:1.36
  drydock pull --runtime cri busybox:1.36      by the CRI runtime itself, with its own registries and mirrors
`,
    )
    .action(async (reference: string, _flags, command: Command) => {
      const kind = await foreignRuntime(command);
      await (kind ? pullFor(command, kind, reference) : pullImage(command, reference));
    });
}
