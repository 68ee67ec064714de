import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { meantContainer } from "../containers/meant.ts";
import { execInPod } from "../exec/exec.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function execCommand(): Command {
  return withRuntimeChoice(new Command("exec"))
    .argument("<pod>", "a container of drydock run; else the name of a pod, or workload/NAME for one of its pods")
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
  drydock exec -it hello -- sh         a container of drydock run; pod/hello is the pod of that name
  echo hello | drydock exec -i web-6c9f8-x2x8z -- sh -c 'cat > /tmp/greeting'

The exit code is that of the command.
`,
    )
    .action(async (pod: string, words: string[], options, command: Command) => {
      const record = await meantContainer(command, pod, options.container !== undefined);
      if (record) return (await import("../containers/exec.ts")).execInContainer(command, record, words, options);
      await withSession(command, (session) => execInPod(session, pod, words, options));
    });
}
