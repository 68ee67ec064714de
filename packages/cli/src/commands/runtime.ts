import { Command } from "commander";
import { commandName, globalOptions } from "../parse-program.ts";
import { runtimeCommands, runtimeOptions } from "../runtime/command-list.ts";

/** `args`: what follows the word runtime, to load the command that it names; all of them without. */
export async function runtimeCommand(args: readonly string[] = []): Promise<Command> {
  const runtime = new Command("runtime").addHelpText(
    "after",
    `
Containers of this machine, from OCI bundles, without a cluster. Nothing runs in between. bin/drydock-runtime is the same
command under the name of an OCI runtime, for tools that call one: ctr run --runc-binary, BinaryName of containerd.

Examples:
  mkdir -p box/rootfs/bin && cp /bin/busybox box/rootfs/bin/sh
  drydock runtime spec --bundle box
  drydock runtime plan box --explain
  drydock runtime run --bundle box c1
  drydock runtime run --bundle box c1 --step
`,
  );
  for (const [flags, description] of runtimeOptions) {
    runtime.option(flags, description, flags.startsWith("--log-format") ? "text" : undefined);
  }
  const name = commandName(args, [...globalOptions, ...runtimeOptions]);
  const one = name !== undefined && Object.hasOwn(runtimeCommands, name) ? runtimeCommands[name] : undefined;
  for (const load of one ? [one] : Object.values(runtimeCommands)) runtime.addCommand(await load());
  return runtime;
}
