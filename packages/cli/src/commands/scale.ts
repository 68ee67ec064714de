import { Command } from "commander";
import { discover } from "../api/discovery.ts";
import { displayName } from "../api/resource.ts";
import { withSession } from "../api/session.ts";
import { failure } from "../errors.ts";
import { namedTargetsOf } from "../get/targets.ts";
import { print } from "../output/print.ts";
import { wholeNumber } from "../parse/whole-number.ts";

export function scaleCommand(): Command {
  return new Command("scale")
    .argument("<kind>", "KIND, or KIND/NAME")
    .argument("[names...]", "names of the objects")
    .requiredOption("--replicas <count>", "how many there shall be")
    .addHelpText("after", "\nExample:\n  drydock scale workload web --replicas 5\n")
    .action(async (kind: string, names: string[], options: { replicas: string }, command: Command) => {
      const replicas = wholeNumber(options.replicas, "--replicas");
      await withSession(command, async ({ client, namespace }) => {
        for (const { type, name } of namedTargetsOf(kind, names, await discover(client))) {
          if (!type.subresources.includes("scale")) {
            throw failure("CLI_USAGE", `a ${type.singular} has no number of replicas`, {
              hint: "workloads have one: drydock scale workload/NAME --replicas N",
            });
          }
          await client.patch(type, { namespace, name }, "merge", { spec: { replicas } }, { subresource: "scale" });
          print(`${displayName(type)}/${name} scaled`);
        }
      });
    });
}
