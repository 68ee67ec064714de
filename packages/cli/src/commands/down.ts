import { Command } from "commander";
import { settingsOf } from "../settings/settings.ts";
import { down } from "../supervisor/down.ts";

export function downCommand(): Command {
  return new Command("down")
    .option("--purge", "also delete the data: objects, images, certificates, logs")
    .addHelpText(
      "after",
      `
Examples:
  drydock down
  drydock down --purge

It also cleans up after a supervisor that was killed, and is safe to repeat.
`,
    )
    .action(async (options: { purge?: boolean }, command: Command) => {
      await down(await settingsOf(command), options.purge ?? false);
    });
}
