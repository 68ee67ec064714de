import { Command } from "commander";
import { objectText } from "../output/object-text.ts";
import { print, remark } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { renewPki } from "../pki/renew.ts";
import { pkiHeader, pkiRows, pkiStatus } from "../pki/status.ts";
import { settingsOf } from "../settings/settings.ts";

export function pkiCommand(): Command {
  const status = new Command("status")
    .description("show which certificate ends when")
    .action(async (_options, command: Command) => {
      const settings = await settingsOf(command);
      const certificates = await pkiStatus(settings.dataDir);
      const { output } = settings;
      if (output === "json" || output === "yaml") return print(await objectText(certificates, output));
      print(tableLines(pkiHeader, pkiRows(certificates, Date.now())).join("\n"));
    });
  const renew = new Command("renew")
    .description("issue certificates of the control plane again, for another year")
    .argument("[names...]", "those that drydock pki status shows (default: all but the authorities)")
    .action(async (names: string[], _options, command: Command) => {
      const { dataDir, kubeconfig } = await settingsOf(command);
      const { renewed, remarks } = await renewPki({ dataDir, kubeconfig, names });
      for (const name of renewed) print(`${name} renewed`);
      for (const text of remarks) remark(text);
    });
  return new Command("pki")
    .addCommand(status)
    .addCommand(renew)
    .addHelpText(
      "after",
      `
Examples:
  drydock pki status
  drydock pki renew apiserver

Nodes renew their own certificates, and a control plane renews what ends within 30 days when it starts.
`,
    );
}
