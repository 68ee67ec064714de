import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { printLogs } from "../logs/logs.ts";

export function logsCommand(): Command {
  return new Command("logs")
    .argument("[pod]", "name of the pod, or workload/NAME for one of its pods")
    .argument("[container]", "the same as -c")
    .option("-f, --follow", "go on and print what is written")
    .option("-c, --container <name>", "the container; needed when the pod has several")
    .option("--all-containers", "every container of the pod")
    .option("-l, --selector <labels>", "all pods with these labels")
    .option("-p, --previous", "what the container wrote before it was started again")
    .option("--tail <lines>", "only the last lines")
    .option("--since <time>", "only what is newer than 30s, 5m, 2h …")
    .option("--since-time <time>", "only what is newer than a time (RFC 3339)")
    .option("--timestamps", "the time before each line")
    .option("--prefix", "the pod and container before each line")
    .addHelpText(
      "after",
      `
Examples:
  drydock logs web-6c9f8-x2x8z -f
  drydock logs -l app=web --tail 20 --prefix
  drydock logs workload/web --since 5m
`,
    )
    .action(async (pod: string | undefined, container: string | undefined, options, command: Command) => {
      await withSession(command, (session) =>
        printLogs(session, pod, { ...options, container: options.container ?? container }),
      );
    });
}
