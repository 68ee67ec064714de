import { Command } from "commander";
import { discover } from "../api/discovery.ts";
import { displayName } from "../api/resource.ts";
import { withSession } from "../api/session.ts";
import { failure } from "../errors.ts";
import { namedTargetsOf, targetsOf } from "../get/targets.ts";
import { print } from "../output/print.ts";
import { seconds } from "../parse/seconds.ts";
import { parseWaitFor } from "../wait/condition.ts";
import { waitFor } from "../wait/wait-for.ts";

export function waitCommand(): Command {
  return new Command("wait")
    .argument("<kinds>", "a kind such as pod, or KIND/NAME")
    .argument("[names...]", "names of the objects")
    .requiredOption("--for <state>", "delete, create, condition=TYPE[=STATUS], or jsonpath={.path}=VALUE")
    .option("-l, --selector <labels>", "all objects with these labels")
    .option("--all", "all objects of the kind")
    .option("--timeout <seconds>", "how long to wait", "30")
    .addHelpText(
      "after",
      `
Examples:
  drydock wait workload/web --for condition=Available
  drydock wait pods -l app=web --for condition=Ready --timeout 2m
  drydock wait pod/web-6c9f8-x2x8z --for delete
`,
    )
    .action(async (kinds: string, names: string[], options, command: Command) => {
      const state = parseWaitFor(options.for);
      const timeoutMs = seconds(options.timeout, "--timeout") * 1000;
      await withSession(command, async ({ client, namespace }) => {
        const resources = await discover(client);
        const several = options.selector !== undefined || options.all;
        const targets = several ? [] : namedTargetsOf(kinds, names, resources);
        for (const { type } of several ? targetsOf(kinds, names, resources) : []) {
          const { items } = await client.list(type, { namespace, labelSelector: options.selector });
          targets.push(...items.map(({ metadata }) => ({ type, name: metadata.name })));
        }
        if (targets.length === 0 && state.type !== "delete")
          throw failure("CLI_NOTHING_FOUND", `no ${kinds} to wait for`);
        const signal = AbortSignal.timeout(timeoutMs);
        await Promise.all(
          targets.map(async ({ type, name }) => {
            await waitFor(client, type, { namespace, name }, state, timeoutMs, signal);
            print(`${displayName(type)}/${name} ${state.met}`);
          }),
        );
      });
    });
}
