import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { accessOf } from "../api/session.ts";
import { print } from "../output/print.ts";
import { settingsOf } from "../settings/settings.ts";

export function kubeconfigCommand(): Command {
  return new Command("kubeconfig")
    .option("--path", "print where it is, not what it says")
    .addHelpText("after", "\nExample:\n  KUBECONFIG=$(drydock kubeconfig --path) kubectl get pods\n")
    .action(async (options: { path?: boolean }, command: Command) => {
      const settings = await settingsOf(command);
      await accessOf(settings);
      print(options.path ? settings.kubeconfig : await readFile(settings.kubeconfig, "utf8"));
    });
}
