import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { meantContainer } from "../containers/meant.ts";
import { printLogs } from "../logs/logs.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function logsCommand(): Command {
  return withRuntimeChoice(new Command("logs"))
    .argument("[pod]", "a container of drydock run; else the name of a pod, or workload/NAME for one of its pods")
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
  drydock logs -f hello                a container of drydock run; pod/hello is the pod of that name
`,
    )
    .action(async (pod: string | undefined, container: string | undefined, options, command: Command) => {
      const hasPodFlags =
        container !== undefined ||
        ["container", "allContainers", "selector", "previous", "prefix"].some((name) => options[name] !== undefined);
      const record = await meantContainer(command, pod, hasPodFlags);
      if (record) return (await import("../containers/logs.ts")).printContainerLogs(command, record, options);
      await withSession(command, (session) =>
        printLogs(session, pod, { ...options, container: options.container ?? container }),
      );
    });
}
