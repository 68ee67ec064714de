import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { get } from "../get/get.ts";

export function getCommand(): Command {
  return new Command("get")
    .argument("<kinds>", "kinds such as pods or workloads,pods, a category such as all, or KIND/NAME")
    .argument("[names...]", "only these objects")
    .option("-A, --all-namespaces", "objects of every namespace")
    .option("-l, --selector <labels>", "only objects with these labels, e.g. app=web,tier!=db")
    .option("--field-selector <fields>", "only objects with these fields, e.g. status.phase=Running")
    .option("-w, --watch", "go on and print every change")
    .option("--at <point>", "as they were: a revision such as 12345, how long ago such as 5m, or a time")
    .option("--no-headers", "without the line of column names")
    .option("--show-labels", "labels as the last column")
    .addHelpText(
      "after",
      `
Examples:
  drydock get pods
  drydock get workloads,pods,nodes -o wide
  drydock get pod web-6c9f8-x2x8z -o yaml
  drydock get pods -l app=web -w
  drydock get workload web -o yaml --at 5m
`,
    )
    .action(async (kinds: string, names: string[], options, command: Command) => {
      await withSession(command, (session) => get(session, kinds, names, options));
    });
}
