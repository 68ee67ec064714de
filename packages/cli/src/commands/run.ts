import { Command } from "commander";
import type { RunFlags } from "../containers/request.ts";
import { run } from "../containers/run.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function runCommand(): Command {
  return withRuntimeChoice(new Command("run"))
    .argument("<image>", "e.g. busybox:1.36 or localhost:5000/web:v1; pulled unless it is here")
    .argument("[command...]", "instead of the image's command, with its arguments")
    .option("--name <name>", "what to call it (default: the image's name and four digits)")
    .option("-d, --detach", "print its id and leave it running; drydock logs shows what it writes")
    .option("--rm", "remove it when it has ended")
    .option("-e, --env <NAME=VALUE>", "a variable; NAME alone takes it from this shell; may be repeated", collect, [])
    .option("-v, --volume <host:path[:ro]>", "a file or directory of this machine; may be repeated", collect, [])
    .option("-w, --workdir <dir>", "its working directory")
    .option("-u, --user <uid[:gid]>", "its user; the image's unless given")
    .option("--entrypoint <program>", "instead of the image's entrypoint")
    .option("-m, --memory <amount>", "limit, e.g. 64m")
    .option("--cpus <cores>", "limit, e.g. 0.5")
    .option("--read-only", "its root cannot be written to")
    .addHelpText(
      "after",
      `
Examples:
  drydock run busybox echo hello
  drydock run --rm -e NAME=you busybox sh -c 'echo hello $NAME'
  drydock run -d --name web -v ./site:/www:ro busybox httpd -f -h /www
  drydock run --runtime containerd busybox ps

Flags of drydock come before the image; everything after it is the container's. The exit code is the container's. Ctrl-C stops it, a
second one kills it.
`,
    )
    .action((image: string, words: string[], flags: RunFlags, command: Command) => run(command, image, words, flags));
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
