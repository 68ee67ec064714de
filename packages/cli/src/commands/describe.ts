import { Command } from "commander";
import { discover } from "../api/discovery.ts";
import { getJson, queryOf } from "../api/raw.ts";
import { pathOf } from "../api/resource.ts";
import { type Session, withSession } from "../api/session.ts";
import { describeObject } from "../describe/describe.ts";
import { failure } from "../errors.ts";
import { type Target, targetsOf } from "../get/targets.ts";
import { print } from "../output/print.ts";

export function describeCommand(): Command {
  return new Command("describe")
    .argument("<kinds>", "a kind such as pod, or KIND/NAME")
    .argument("[names...]", "only these objects; all of the kind without")
    .option("-l, --selector <labels>", "only objects with these labels")
    .addHelpText(
      "after",
      `
Examples:
  drydock describe workload web
  drydock describe pods -l app=web
  drydock describe node/node-1
`,
    )
    .action(async (kinds: string, names: string[], options: { selector?: string }, command: Command) => {
      await withSession(command, async (session) => {
        const targets = targetsOf(kinds, names, await discover(session.client));
        const named = (await Promise.all(targets.map((target) => expand(session, target, options.selector)))).flat();
        if (named.length === 0) throw failure("CLI_NOTHING_FOUND", `no ${kinds} in ${session.namespace}`);
        const texts = await Promise.all(named.map(({ type, name }) => describeObject(session, type, name)));
        print(texts.join("\n\n"));
      });
    });
}

/** A kind without a name stands for all its objects. */
async function expand(session: Session, target: Target, labelSelector?: string): Promise<Required<Target>[]> {
  const { type, name } = target;
  if (name !== undefined) return [{ type, name }];
  const namespace = type.namespaced ? session.namespace : undefined;
  const path = pathOf(type, namespace) + queryOf({ labelSelector });
  const { items } = await getJson<{ items: { metadata: { name: string } }[] }>(session.client, path);
  return items.map(({ metadata }) => ({ type, name: metadata.name }));
}
