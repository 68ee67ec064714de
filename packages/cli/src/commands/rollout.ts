import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { seconds } from "../parse/seconds.ts";
import { wholeNumber } from "../parse/whole-number.ts";
import { printHistory } from "../rollout/history.ts";
import { restart } from "../rollout/restart.ts";
import { followStatus } from "../rollout/status.ts";
import { workloadOf } from "../rollout/target.ts";
import { undo } from "../rollout/undo.ts";

export function rolloutCommand(): Command {
  const target = ["<workload>", "workload/NAME"] as const;
  const status = new Command("status")
    .description("follow a rollout until it is done or stuck")
    .argument(...target)
    .argument("[name]", "its name, when the first word is only the kind")
    .option("--no-watch", "say how it is and end")
    .option("--timeout <seconds>", "how long to follow; for ever without")
    .action(async (kind: string, name: string | undefined, options, command: Command) => {
      const timeoutMs = options.timeout === undefined ? undefined : seconds(options.timeout, "--timeout") * 1000;
      await withSession(command, (session) =>
        followStatus(session, workloadOf(kind, name), { watch: options.watch, timeoutMs }),
      );
    });
  const history = new Command("history")
    .description("list the revisions that are kept")
    .argument(...target)
    .argument("[name]", "its name")
    .option("--revision <number>", "show the template of one revision")
    .action(async (kind: string, name: string | undefined, options, command: Command) => {
      const revision = options.revision === undefined ? undefined : wholeNumber(options.revision, "--revision");
      await withSession(command, (session) => printHistory(session, workloadOf(kind, name), revision));
    });
  const undoCommand = new Command("undo")
    .description("go back to the revision before, or to a given one")
    .argument(...target)
    .argument("[name]", "its name")
    .option("--to-revision <number>", "the revision to go back to")
    .action(async (kind: string, name: string | undefined, options, command: Command) => {
      const to = options.toRevision === undefined ? undefined : wholeNumber(options.toRevision, "--to-revision");
      await withSession(command, (session) => undo(session, workloadOf(kind, name), to));
    });
  const restartCommand = new Command("restart")
    .description("replace every pod by a new one, by the rules of the strategy")
    .argument(...target)
    .argument("[name]", "its name")
    .action(async (kind: string, name: string | undefined, _options, command: Command) => {
      await withSession(command, (session) => restart(session, workloadOf(kind, name)));
    });
  return new Command("rollout")
    .addCommand(status)
    .addCommand(history)
    .addCommand(undoCommand)
    .addCommand(restartCommand)
    .addHelpText("after", "\nExamples:\n  drydock rollout status workload/web\n  drydock rollout undo workload/web\n");
}
