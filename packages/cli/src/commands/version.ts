import { Command } from "commander";
import { getJson } from "../api/raw.ts";
import { withSession } from "../api/session.ts";
import { outputFormat } from "../get/format.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";
import { settingsOf } from "../settings/settings.ts";
import { version } from "../version.ts";

export function versionCommand(): Command {
  return new Command("version")
    .option("--client", "only the version of this program")
    .addHelpText("after", "\nExample:\n  drydock version -o json\n")
    .action(async (options: { client?: boolean }, command: Command) => {
      const { output } = await settingsOf(command);
      const format = outputFormat(output, ["yaml", "json"]);
      const server = options.client
        ? undefined
        : await withSession(command, ({ client }) => getJson<{ gitVersion?: string }>(client, "/version"));
      if (format === "yaml" || format === "json") {
        print(await objectText({ client: { version, node: process.version }, server }, format));
        return;
      }
      print(`drydock ${version} (node ${process.version})`);
      if (server) print(`server ${server.gitVersion}`);
    });
}
