import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { deleteObjects } from "../delete/delete.ts";

export function deleteCommand(): Command {
  return new Command("delete")
    .argument("[kinds]", "a kind such as pod, or KIND/NAME")
    .argument("[names...]", "names of the objects")
    .option("-f, --filename <file...>", "delete what these manifests name")
    .option("-l, --selector <labels>", "delete objects with these labels")
    .option("--all", "delete every object of the kind in the namespace")
    .option("--no-wait", "do not wait until the objects are gone")
    .option("--timeout <seconds>", "how long to wait", "60")
    .option("--grace-period <seconds>", "time that containers get to end")
    .option("--now", "the shortest grace period: one second")
    .option("--cascade <policy>", "background, foreground or orphan", "background")
    .option("--ignore-not-found", "objects that do not exist are no error")
    .addHelpText(
      "after",
      `
Examples:
  drydock delete -f examples/web.yaml
  drydock delete pod web-6c9f8-x2x8z --now
  drydock delete pods -l app=web --no-wait
`,
    )
    .action(async (kinds: string | undefined, names: string[], options, command: Command) => {
      await withSession(command, (session) => deleteObjects(session, kinds, names, options));
    });
}
