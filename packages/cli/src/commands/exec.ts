import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { execInPod } from "../exec/exec.ts";

export function execCommand(): Command {
  return new Command("exec")
    .argument("<pod>", "name of the pod, or workload/NAME for one of its pods")
    .argument("<command...>", "the program and its arguments, after --")
    .option("-c, --container <name>", "the container; the first one unless given")
    .option("-i, --stdin", "pass standard input on")
    .option("-t, --tty", "give the command a terminal")
    .addHelpText(
      "after",
      `
Examples:
  drydock exec web-6c9f8-x2x8z -- ls -l /www
  drydock exec -it workload/web -- sh
  echo hello | drydock exec -i web-6c9f8-x2x8z -- sh -c 'cat > /tmp/greeting'

The exit code is that of the command.
`,
    )
    .action(async (pod: string, words: string[], options, command: Command) => {
      await withSession(command, (session) => execInPod(session, pod, words, options));
    });
}
