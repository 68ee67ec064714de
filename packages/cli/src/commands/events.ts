import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { printEvents, watchEvents } from "../events/events.ts";

export function eventsCommand(): Command {
  return new Command("events")
    .option("-A, --all-namespaces", "events of every namespace")
    .option("--for <object>", "only events about this object, e.g. pod/web-6c9f8-x2x8z")
    .option("--types <types>", "only these types: Normal, Warning")
    .option("-w, --watch", "go on and print new events")
    .addHelpText("after", "\nExamples:\n  drydock events --for workload/web\n  drydock events -A --types Warning -w\n")
    .action(async (options, command: Command) => {
      await withSession(command, async (session) => {
        const revision = await printEvents(session, options);
        if (options.watch) await watchEvents(session, options, revision);
      });
    });
}
