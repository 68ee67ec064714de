import { Command } from "commander";
import { discover } from "../api/discovery.ts";
import { withSession } from "../api/session.ts";
import { outputFormat } from "../get/format.ts";
import { namedTargetsOf } from "../get/targets.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";
import { explain } from "../why/explain.ts";
import { explanationLines } from "../why/explanation.ts";

const widest = 100;

export function whyCommand(): Command {
  return new Command("why")
    .argument("<kind>", "pod, node, workload or namespace, or KIND/NAME")
    .argument("[names...]", "which ones")
    .addHelpText(
      "after",
      `
Explains pods that are pending (node by node, rule by rule, with the numbers), waiting, restarting, not ready, placed or going away;
nodes that take no pods; rollouts that are stuck; namespaces that do not go.

Examples:
  drydock why pod/web-5d8f7c-x2x9l
  drydock why workload web
  drydock why node/node-2 -o json
  drydock why namespace/old
`,
    )
    .action(async (kind: string, names: string[], _options: object, command: Command) => {
      await withSession(command, async (session) => {
        const format = outputFormat(session.settings.output, ["json", "yaml"]);
        const targets = namedTargetsOf(kind, names, await discover(session.client));
        const found = await Promise.all(targets.map((target) => explain(session, target)));
        if (format === "json" || format === "yaml") {
          print(await objectText(found.length === 1 ? found[0] : found, format));
          return;
        }
        const width = Math.min(process.stdout.columns ?? widest, widest);
        print(found.map((one) => explanationLines(one, width).join("\n")).join("\n\n"));
      });
    });
}
