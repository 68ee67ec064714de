import { Command } from "commander";
import { discoverKindsOf } from "../api/discovery.ts";
import { displayName } from "../api/resource.ts";
import { withSession } from "../api/session.ts";
import { type Applied, applyManifest } from "../apply/apply.ts";
import { outputFormat } from "../get/format.ts";
import { loadManifests } from "../manifest/load.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";

export function applyCommand(): Command {
  return new Command("apply")
    .requiredOption("-f, --filename <file...>", "manifest, directory of manifests, or - for standard input")
    .option("--dry-run", "let the server check everything and change nothing")
    .addHelpText(
      "after",
      `
Examples:
  drydock apply -f examples/web.yaml
  cat web.yaml | drydock apply -f -
  drydock apply -f manifests/ --dry-run
`,
    )
    .action(async (options: { filename: string[]; dryRun?: boolean }, command: Command) => {
      await withSession(command, async ({ client, namespace, settings }) => {
        const format = outputFormat(settings.output, ["yaml", "json", "name"]);
        // Every file is read before the first object is sent: a broken third file leaves nothing half applied.
        const reading = loadManifests(options.filename);
        const resources = await discoverKindsOf(
          client,
          reading.then((manifests) => manifests.map(({ object }) => object)),
        );
        const manifests = await reading;
        const dryRun = options.dryRun ?? false;
        for (const manifest of manifests) {
          const applied = await applyManifest(client, manifest, resources, { namespace, dryRun });
          if (format === "yaml" || format === "json") print(await objectText(applied.object, format));
          else print(sentenceOf(applied, format === "name", dryRun));
        }
      });
    });
}

function sentenceOf({ type, object, outcome }: Applied, nameOnly: boolean, dryRun: boolean): string {
  const name = `${displayName(type)}/${object.metadata.name}`;
  return nameOnly ? name : `${name} ${outcome}${dryRun ? " (dry run)" : ""}`;
}
