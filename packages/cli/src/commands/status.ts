import { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { ExitStatus } from "../exit-status.ts";
import { outputFormat } from "../get/format.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";
import { settingsOf } from "../settings/settings.ts";
import { gatherStatus } from "../supervisor/status.ts";
import { statusText } from "../supervisor/status-text.ts";

export function statusCommand(): Command {
  return new Command("status")
    .addHelpText(
      "after",
      `
Example:
  drydock status -o json

The exit code is 0 while the cluster runs and 4 otherwise.
`,
    )
    .action(async (_options, command: Command) => {
      const settings = await settingsOf(command);
      const format = outputFormat(settings.output, ["yaml", "json"]);
      const status = await gatherStatus(settings);
      if (format === "yaml" || format === "json") print(await objectText(status, format));
      else print(statusText(status, Date.now()));
      if (status.phase === "stopped" || status.phase === "abandoned") throw new ExitStatus(exitCodes.unreachable);
    });
}
