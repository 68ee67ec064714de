import { Command } from "commander";
import { foreignRuntime, listFor } from "../containers/images.ts";
import { importImage, listImages, pullImage, removeImages } from "../images/images.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function imagesCommand(): Command {
  const importCommand = new Command("import")
    .description("take in an image from a file")
    .argument("<path>", "an OCI layout, a tar of one, or what docker save writes")
    .requiredOption("--name <reference>", "what to call it, e.g. docker.io/drydock/web:v1")
    .option("--cluster", "insist on a running cluster, whose nodes have the image at once")
    .action((path: string, options, command: Command) => importImage(command, path, options));
  const list = withRuntimeChoice(new Command("list"))
    .alias("ls")
    .description("list the images in the data directory, or of a runtime; what images alone does")
    .action(async (_options, command: Command) => {
      const kind = await foreignRuntime(command);
      await (kind ? listFor(command, kind) : listImages(command));
    });
  const pull = new Command("pull")
    .description("fetch an image from its registry")
    .argument("<reference>", "e.g. busybox:1.36 or localhost:5000/web:v1")
    .action((reference: string, _options, command: Command) => pullImage(command, reference));
  const remove = new Command("rm")
    .description("forget images; layers that no other image has go too")
    .argument("<references...>", "names or digests")
    .action((references: string[], _options, command: Command) => removeImages(command, references));
  return new Command("images")
    .addCommand(importCommand)
    .addCommand(list, { isDefault: true })
    .addCommand(pull)
    .addCommand(remove)
    .addHelpText(
      "after",
      `
Examples:
  drydock images import web.tar --name docker.io/drydock/web:v1 --cluster
  drydock images pull busybox:1.36
  drydock images --runtime containerd
`,
    );
}
