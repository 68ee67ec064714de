import { Command } from "commander";
import { discover } from "../api/discovery.ts";
import { withSession } from "../api/session.ts";
import { failure } from "../errors.ts";
import { historyOf } from "../etcd/history.ts";
import { historyHeader, historyRows } from "../etcd/history-text.ts";
import { keyOfObject } from "../etcd/key-of-object.ts";
import { openClusterStore } from "../etcd/open-cluster-store.ts";
import { outputFormat } from "../get/format.ts";
import { namedTargetsOf } from "../get/targets.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { settingsOf } from "../settings/settings.ts";

export function etcdCommand(): Command {
  const history = new Command("history")
    .description("show every write of an object that etcd still knows of")
    .argument("<key>", "KIND/NAME, or a key of etcd such as /registry/pods/default/web")
    .addHelpText(
      "after",
      `
Examples:
  drydock etcd history workload/web
  drydock etcd history /registry/pods/default/web-6c9f8-x2x8z -o json
  drydock get workload web -o yaml --at REVISION

Reads the etcd of the cluster in the data directory. It forgets what is older than an hour.
`,
    )
    .action(async (key: string, _options, command: Command) => {
      const settings = await settingsOf(command);
      const format = outputFormat(settings.output, ["yaml", "json"]);
      const full = key.startsWith("/") ? key : await keyNamed(key, command);
      const interrupted = new AbortController();
      process.once("SIGINT", () => interrupted.abort());
      const store = await openClusterStore(settings.dataDir);
      try {
        const entries = await historyOf(store, full, interrupted.signal);
        if (entries.length === 0) {
          throw failure("CLI_HISTORY_GONE", `etcd knows nothing of ${full}`, {
            hint: "drydock get shows what there is",
          });
        }
        if (format === "yaml" || format === "json") print(await objectText(entries, format));
        else print(tableLines(historyHeader, historyRows(entries)).join("\n"));
      } finally {
        await store.close();
      }
    });
  return new Command("etcd").addCommand(history).addHelpText(
    "after",
    `
Example:
  drydock etcd history workload/web
`,
  );
}

/** The key of an object that is named as everywhere else; it need no longer be there. */
function keyNamed(text: string, command: Command): Promise<string> {
  return withSession(command, async ({ client, namespace }) => {
    const [target] = namedTargetsOf(text, [], await discover(client));
    if (!target) throw failure("CLI_USAGE", `"${text}" is not of the form KIND/NAME`);
    return keyOfObject(target.type, namespace, target.name);
  });
}
