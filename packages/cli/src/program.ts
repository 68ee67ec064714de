import { nearestName } from "@drydock/kit";
import { Command, CommanderError } from "commander";
import { commandTable } from "./command-table.ts";
import { failure } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { ExitStatus } from "./exit-status.ts";
import { version } from "./version.ts";

/** Flags of every command, with whether they take a value. */
const globalOptions: readonly (readonly [flags: string, description: string])[] = [
  ["--data-dir <dir>", "where the cluster lives (default: ~/.drydock, DRYDOCK_DATA_DIR)"],
  ["--kubeconfig <file>", "how to reach the server (default: kubeconfig in the data directory, DRYDOCK_KUBECONFIG)"],
  ["-n, --namespace <name>", "namespace (default: that of the kubeconfig, DRYDOCK_NAMESPACE)"],
  ["-o, --output <format>", "json, yaml, wide or name, where a command prints data"],
];

/** Runs one command line. Throws what went wrong; the caller makes text and an exit code of it. */
export async function runProgram(given: readonly string[]): Promise<void> {
  const args = asHelpFlag(given);
  const name = commandName(args);
  const entry = name === undefined ? undefined : commandTable[name];
  if (name !== undefined && !entry) throw unknownCommand(name);

  const program = new Command("drydock");
  program
    .description("Containers and a small orchestrator below the waterline: see, run and break every layer.")
    .version(version, "--version", "print the version of drydock")
    .addHelpText(
      "after",
      `
Examples:
  drydock up --nodes 3 --detach
  drydock images import .build/images/web-v1.tar --name drydock/web:v1
  drydock apply -f examples/web.yaml
`,
    )
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .showHelpAfterError(false);
  for (const [flags, description] of globalOptions) program.option(flags, description);
  for (const [other, { summary, group, hidden }] of Object.entries(commandTable)) {
    const command = other === name && entry ? await entry.load() : new Command(other);
    program.addCommand(command.description(summary).helpGroup(group), { hidden: hidden ?? false });
  }
  forEveryCommand(program, (command) => {
    command.exitOverride().configureOutput({ outputError: () => {} });
    command.configureHelp({ showGlobalOptions: true });
  });

  if (args.length === 0) {
    program.outputHelp();
    return;
  }
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

/** The first word that is neither a flag nor the value of a global flag. */
export function commandName(args: readonly string[]): string | undefined {
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === "--") return args[i + 1];
    if (!word.startsWith("-")) return word;
    const takesNext = globalOptions.some(([flags]) => flags.replace(/ <.*/, "").split(", ").includes(word));
    if (takesNext) i += 1;
  }
  return undefined;
}

/** `help X` is `X --help`, so that only X gets loaded. */
function asHelpFlag(args: readonly string[]): readonly string[] {
  if (commandName(args) !== "help") return args;
  const at = args.indexOf("help");
  return [...args.slice(0, at), ...args.slice(at + 1), "--help"];
}

function forEveryCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const sub of command.commands) forEveryCommand(sub, visit);
}

function unknownCommand(name: string): Error {
  const visible = Object.keys(commandTable).filter((other) => !commandTable[other]?.hidden);
  const near = nearestName(name, visible);
  return failure("CLI_USAGE", `unknown command "${name}"`, {
    hint: near
      ? `did you mean "drydock ${near}"? drydock --help lists all commands`
      : "drydock --help lists all commands",
  });
}

function usageHint(message: string, name: string | undefined): string {
  const near = /\(Did you mean (.*)\?\)/.exec(message)?.[1];
  const help = name ? `drydock ${name} --help shows how it is used` : "drydock --help lists all commands";
  return near ? `did you mean ${near}? ${help}` : help;
}
