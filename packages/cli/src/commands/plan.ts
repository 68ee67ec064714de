import type { Pod, Workload } from "@drydock/machinery";
import { Command } from "commander";
import { withSession } from "../api/session.ts";
import { failure } from "../errors.ts";
import { outputFormat } from "../get/format.ts";
import { loadManifests } from "../manifest/load.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";
import { explanationLines } from "../why/explanation.ts";
import { clusterNow } from "../why/placement.ts";
import { planPods } from "../why/plan-pods.ts";

const widest = 100;

export function planCommand(): Command {
  return new Command("plan")
    .requiredOption("-f, --filename <file...>", "manifest, directory of manifests, or - for standard input")
    .addHelpText(
      "after",
      `
Asks the scheduler's own code where each pod would go, one after the other, over the cluster as it is now. Nothing is changed.

Examples:
  drydock plan -f examples/web.yaml
  drydock plan -f pod.yaml -o json
`,
    )
    .action(async (options: { filename: string[] }, command: Command) => {
      await withSession(command, async ({ client, settings, namespace }) => {
        const format = outputFormat(settings.output, ["json", "yaml"]);
        const wanted = (await loadManifests(options.filename)).flatMap((manifest) => podsOf(manifest, namespace));
        const cluster = await clusterNow(client);
        const found = planPods(wanted, cluster.nodes, cluster.pods);
        if (format === "json" || format === "yaml") {
          print(await objectText(found, format));
          return;
        }
        const width = Math.min(process.stdout.columns ?? widest, widest);
        print(found.map((one) => explanationLines(one, width).join("\n")).join("\n\n"));
      });
    });
}

/** The pods that an object asks for. */
function podsOf({ object, source, line }: Manifest, namespace: string): Pod[] {
  const metadata = { ...object.metadata, namespace: object.metadata.namespace ?? namespace };
  if (object.kind === "Pod")
    return [{ ...(object as Pod), metadata: { ...metadata, uid: `planned-${metadata.name}` } }];
  const { template, replicas = 1 } = ((object as Workload).spec ?? {}) as Partial<Workload["spec"]>;
  if (!template) {
    throw failure("CLI_USAGE", `${source}:${line}: a ${object.kind} has no pods to place`, {
      hint: "give pods, or what has a template for them, such as a Workload",
    });
  }
  return Array.from({ length: replicas }, (_, i) => {
    const name = `${metadata.name}-${i + 1}`;
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata, name, uid: `planned-${name}` },
      spec: template.spec,
    };
  });
}
