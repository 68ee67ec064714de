import { Command, CommanderError } from "commander";
import { failure } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { ExitStatus } from "./exit-status.ts";
import { version } from "./version.ts";

/** Flags of a command, with whether they take a value. */
export type OptionList = readonly (readonly [flags: string, description: string])[];

/** Flags of every command. */
export const globalOptions: OptionList = [
  ["--data-dir <dir>", "where the cluster lives (default: ~/.drydock, DRYDOCK_DATA_DIR)"],
  ["--kubeconfig <file>", "how to reach the server (default: kubeconfig in the data directory, DRYDOCK_KUBECONFIG)"],
  ["-n, --namespace <name>", "namespace (default: that of the kubeconfig, DRYDOCK_NAMESPACE)"],
  ["-o, --output <format>", "json, yaml, wide or name, where a command prints data"],
];

/** `drydock` with its global flags and without commands. */
export function newProgram(): Command {
  const program = new Command("drydock");
  program
    .description("Containers and a small orchestrator below the waterline: see, run and break every layer.")
    .version(version, "--version", "print the version of drydock")
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .showHelpAfterError(false);
  for (const [flags, description] of globalOptions) program.option(flags, description);
  return program;
}

/** The first word that is neither a flag nor the value of one of these flags. */
export function commandName(args: readonly string[], options: OptionList = globalOptions): string | undefined {
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === "--") return args[i + 1];
    if (!word.startsWith("-")) return word;
    const takesNext = options.some(
      ([flags]) => flags.includes("<") && flags.replace(/ <.*/, "").split(", ").includes(word),
    );
    if (takesNext) i += 1;
  }
  return undefined;
}

/** Runs a command line. Throws what went wrong, CLI_USAGE included; `name` is the command's, for the hint. */
export async function parseProgram(program: Command, args: readonly string[], name: string | undefined): Promise<void> {
  forEveryCommand(program, (command) => {
    command.exitOverride().configureOutput({ outputError: () => {} });
    command.configureHelp({ showGlobalOptions: true });
  });
  try {
    await program.parseAsync(["node", "drydock", ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    // A command that wants one of its subcommands has already printed which there are.
    if (error.code === "commander.help") throw new ExitStatus(exitCodes.usage);
    throw failure("CLI_USAGE", error.message.replace(/^error: /, "").replace(/\n\(Did you mean (.*)\?\)$/, ""), {
      hint: usageHint(error.message, name),
    });
  }
}

function forEveryCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const sub of command.commands) forEveryCommand(sub, visit);
}

function usageHint(message: string, name: string | undefined): string {
  const near = /\(Did you mean (.*)\?\)/.exec(message)?.[1];
  const help = name ? `drydock ${name} --help shows how it is used` : "drydock --help lists all commands";
  return near ? `did you mean ${near}? ${help}` : help;
}
